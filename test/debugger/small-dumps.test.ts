import { describe, expect, test } from 'vitest'
import { promptOf } from '../../functions/cli/kd/run-line.ts'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import { splitCommands } from '../../shared/debugger/commands.ts'
import { handMadeDump } from '../hand-made/dump.ts'
import { sharedFile, withoutSharedData } from '../shared-data.ts'
import { openBytes, refuse, run } from './open.ts'

describe.skipIf(withoutSharedData())('real small dumps', () => {
  test.each([
    ['triage-x64-19041.dmp', 'Windows 10 Kernel Version 19041 MP (16 procs) Free x64', '1000007E', 151],
    ['triage-arm64-22000.dmp', 'Kernel Version 22000 MP (8 procs) Free ARM 64-bit', '000001C8', 245],
  ])('%s: what it lists and the memory it has, and which processor wrote it', async (file, title, code, drivers) => {
    await using source = await openFileSource(sharedFile('dumps', file))
    const target = await openBytes(source)
    expect(await run(target, 'vertarget')).toContain(title)
    expect(await run(target, '.bugcheck')).toContain(code)
    expect((await run(target, 'lm')).split('\n').filter((line) => line.includes('(no symbols)'))).toHaveLength(drivers)
    expect(await run(target, 'dd nt L5')).toMatch(/ {2}00905a4d 00000003 00000004 0000ffff\n\S+ {2}000000b8$/)
    expect(await run(target, 'dq 0 L1')).toBe('00000000`00000000  ????????`????????')
    expect(promptOf(target)).toMatch(/^\d+: kd> $/)
  })

  test('names of drivers stand for addresses, and what needs pages of kernel memory says so', async () => {
    await using source = await openFileSource(sharedFile('dumps', 'triage-x64-19041.dmp'))
    const target = await openBytes(source)
    expect(await run(target, '!lmi nt+1234')).toContain('Image Name: ntoskrnl.exe')
    expect(await run(target, '!dh nt')).toContain('SECTION HEADER #15')
    for (const line of ['!vm', '!poolused', '!poolfind None', '!pte nt'])
      expect(await refuse(target, line)).toContain('needs the kernel')
    expect(await run(target, '!pool nt+1000')).toContain('not in the dump')
  })
})

test('a header alone answers for itself, and all memory is question marks', async () => {
  const target = await openBytes(bufferSource(handMadeDump('x86').build({ dumpType: 3 })))
  expect(await run(target, '.bugcheck')).toBe('Bugcheck code 000000D1\nArguments 00000000 00000001 00000002 00000003')
  expect(await run(target, 'dd 80000000 L2')).toBe('80000000  ???????? ????????')
  expect(await run(target, 'lm')).toBe('start    end        module name')
  expect(promptOf(target)).toBe('kd> ')
})

test('commands are parted by semicolons, but not within quotation marks', () => {
  expect(splitCommands('!vm;lm ;; !poolfind "a;b" 1;')).toEqual(['!vm', 'lm', '!poolfind "a;b" 1'])
  expect(splitCommands('da "open; ended')).toEqual(['da "open', 'ended'])
})

test('the help tells each command in a line', async () => {
  const target = await openBytes(handMadeDump('x86').build({ dumpType: 3 }))
  const help = await run(target, '?')
  for (const name of [
    'vertarget',
    '.bugcheck',
    'lm',
    '!vm',
    '!poolused',
    'x MODULE',
    's-d',
    '!for_each_module',
    'dps',
    '!dh',
    '!lmi',
    '!pool',
    '!poolfind',
    '!pte',
    '?',
  ])
    expect(help).toContain(name)
  expect(await refuse(target, '!analyze -v')).toContain("There is no command '!analyze' here. Type ?")
  expect(await run(target, '* a remark')).toBe('')
})
