import { describe, expect, test } from 'vitest'
import { openForged, refuse, run } from './open.ts'

describe('modules', () => {
  test('lm lists them all, or those asked for, with the unloaded', async () => {
    const { target, forged } = await openForged('tiny-x64')
    const all = (await run(target, 'lm')).split('\n')
    expect(all[0]).toBe('start             end                 module name')
    for (const { name } of forged.truth.modules) expect(all.join('\n')).toContain(name)
    for (const { name } of forged.truth.unloadedModules) expect(all.join('\n')).toContain(name)
    const one = (await run(target, 'lm m h?l')).split('\n')
    expect(one).toHaveLength(2)
    expect(one[1]).toMatch(/^fffff800`\w+ fffff800`\w+ {3}hal +\(no symbols\) +hal\.dll$/)
    expect(await run(target, 'lm a hal+100')).toBe(one.join('\n'))
    expect(await run(target, 'lmktn m nt')).toMatch(/ nt +\(no symbols\) +ntoskrnl\.exe$/)
    expect(await run(target, 'lm m crashd*')).toContain('crashdmp.sys')
    expect(await refuse(target, 'lm z')).toContain("'z'")
    expect(await refuse(target, 'lm m')).toContain('pattern')
  })

  test('lmvm tells path, time stamp, checksum and size as lm, !lmi and !dh do', async () => {
    const { target, forged } = await openForged('tiny-x86')
    const nt = forged.truth.modules[0]
    const eight = (value: string | number): string => Number(value).toString(16).toUpperCase().padStart(8, '0')
    const verbose = await run(target, 'lmvm nt')
    expect(verbose).toContain(`Image path: ${nt.path}`)
    expect(verbose).toContain(`(${eight(nt.timestamp!)})`)
    expect(verbose).toContain(`CheckSum:         ${eight(nt.checksum!)}`)
    expect(verbose).toContain(`ImageSize:        ${eight(nt.size)}`)
    const info = await run(target, '!lmi nt')
    expect(info).toMatch(/^Loaded Module Info: \[nt\]\n +Module: ntoskrnl\n/)
    expect(info).toContain(`GUID: {${nt.pdb?.guid}}`)
    expect(info).toContain(`CheckSum: ${nt.checksum?.slice(2)}`)
    expect(await run(target, '!dh nt')).toContain(
      `${Number(nt.size).toString(16).toUpperCase().padStart(8)} size of image`,
    )
  })

  test('!dh has the parts asked for, for a name or any address in the image', async () => {
    const { target } = await openForged('tiny-x86')
    const whole = await run(target, '!dh hal')
    expect(whole).toMatch(/^File Type: /)
    expect(whole).toMatch(/\nOPTIONAL HEADER VALUES\n +10B magic #\n/)
    expect(whole.match(/address \[size\] of /g)).toHaveLength(16)
    expect(whole).toMatch(/\nSECTION HEADER #1\n +\.text name\n/)
    expect(whole).toMatch(/\n6[08]000020 flags\n +Code\n(?: +Not Paged\n)? +\(no align specified\)\n +Execute Read\n/)
    expect(await run(target, '!dh hal+1234')).toBe(whole)
    expect(await run(target, '!dh -f hal')).toBe(whole.slice(0, whole.indexOf('\n\nSECTION')))
    expect(await run(target, '!dh -s hal')).toMatch(/^SECTION HEADER #1\n/)
    expect(await refuse(target, '!dh 1000')).toContain('0x1000')
    expect(await refuse(target, '!lmi 1000')).toContain('No loaded module')
    expect(await refuse(target, '!lmi')).toContain('missing')
  })

  test('x lists exports and symbols by name', async () => {
    const { target, forged } = await openForged('tiny-x64')
    const allocator = forged.truth.allocators.find(({ name }) => name === 'ExAllocatePoolWithTag')!
    expect(await run(target, 'x nt!exallocatepoolwithtag')).toBe(
      `${allocator.address.slice(2, 10)}\`${allocator.address.slice(10)} nt!ExAllocatePoolWithTag`,
    )
    const found = (await run(target, 'x nt!ExAllocatePool*')).split('\n')
    expect(found.length).toBe(forged.truth.allocators.filter(({ name }) => name.startsWith('ExAllocatePool')).length)
    expect(await run(target, 'x nt!Zork*')).toMatch(/^\(None of the \d+ names known in nt matches Zork\*\.\)$/)
    expect(await run(target, 'x zork!*')).toContain('no such module')
    expect(await refuse(target, 'x ExAllocatePool')).toContain('MODULE!PATTERN')
  })
})
