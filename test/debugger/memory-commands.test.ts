import { describe, expect, test } from 'vitest'
import { runCommand } from '../../shared/debugger/commands.ts'
import { forEachModule } from '../../shared/debugger/for-each-module.ts'
import { searchMemory } from '../../shared/debugger/search-memory.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { never, openBytes, refuse, run } from './open.ts'

/** A page of its own among pages that are not mapped. */
const page = 0xf5000000n

const dump = () => {
  const machine = handMadeKernel('x86', [{ name: 'leaky.sys', base: 0xf6000000n, image: { size: 0x2000 } }])
  const bytes = Uint8Array.from({ length: 4096 }, (_, index) => index & 0xff)
  machine.write(page, bytes)
  machine.text(page + 0x100n, 'Hello\0')
  for (const [index, letter] of [...'Wide'].entries())
    machine.u16(page + 0x120n + BigInt(2 * index), letter.charCodeAt(0))
  machine.u16(page + 0x128n, 0)
  for (const at of [0x200n, 0x300n, 0xffcn]) machine.u32(page + at, 0xe0801234)
  machine.u32(page + 0x204n, 7)
  machine.u32(0xf6001000n, 0xe0801234)
  return openBytes(machine.file())
}

describe('d*', () => {
  test('prints question marks for what is not in the dump', async () => {
    const target = await dump()
    expect(await run(target, 'dd f5000ff8 L4')).toBe('f5000ff8  fbfaf9f8 e0801234 ???????? ????????')
    expect(await run(target, 'dq f5000ff8 L2')).toBe('f5000ff8  e0801234`fbfaf9f8 ????????`????????')
    expect(await run(target, 'dw f5000ffc L4')).toBe('f5000ffc  1234 e080 ???? ????')
    expect(await run(target, 'db f5000ffc L8')).toBe(`f5000ffc  34 12 80 e0 ?? ?? ?? ??${' '.repeat(24)}  4...????`)
    expect(await run(target, 'dps f5000ffc L2')).toBe('f5000ffc  e0801234 nt+0x1234\nf5001000  ????????')
    expect(await run(target, 'da f5001000 L3')).toBe('f5001000  "???"')
  })

  test('has sixteen bytes a line, a dash in the middle of bytes', async () => {
    const target = await dump()
    expect(await run(target, 'db f5000040 L12')).toBe(
      [
        'f5000040  40 41 42 43 44 45 46 47-48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO',
        `f5000050  50 51${' '.repeat(42)}  PQ`,
      ].join('\n'),
    )
    expect(await run(target, 'dc f5000040 L2')).toBe(`f5000040  43424140 47464544${' '.repeat(18)}  @ABCDEFG`)
    expect((await run(target, 'dd f5000000')).split('\n')).toHaveLength(8)
    expect((await run(target, 'db f5000000 f500000f')).split('\n')).toHaveLength(1)
  })

  test('shows text to its end', async () => {
    const target = await dump()
    expect(await run(target, 'da f5000100')).toBe('f5000100  "Hello"')
    expect(await run(target, 'du f5000120')).toBe('f5000120  "Wide"')
  })

  test('is cut where nobody reads on, and says so', async () => {
    const output = await run(await dump(), 'db f5000000 L100000')
    expect(output.split('\n').length).toBe(4097)
    expect(output).toContain('(The first 65536 of 1048576;')
  })
})

describe('s-d, s-q', () => {
  test('finds words and patterns of words, aligned to the start', async () => {
    const target = await dump()
    const hits = (await run(target, 's-d f5000000 f5000fff e0801234')).split('\n')
    expect(hits.map((line) => line.slice(0, 18))).toEqual([
      'f5000200  e0801234',
      'f5000300  e0801234',
      'f5000ffc  e0801234',
    ])
    expect(hits[0]).toBe('f5000200  e0801234 00000007 0b0a0908 0f0e0d0c  4...............')
    expect(hits[2]).toBe('f5000ffc  e0801234 ???????? ???????? ????????  4...????????????')
    expect((await run(target, 's -d f5000000 L400 e0801234 7')).split('\n')).toHaveLength(1)
    expect(await run(target, 's-q f5000000 L200 00000007`e0801234')).toMatch(/^f5000200 {2}00000007`e0801234 /)
    expect(await run(target, 's-d f5000002 L3ff e0801234')).toBe('')
  })

  test('zero is not found in memory that is not there, which is counted', async () => {
    expect(await run(await dump(), 's-d f5001000 f5001fff 0')).toBe(
      '(4096 of 4096 bytes are not in the dump; what they held is not known.)',
    )
  })

  test('has limits: of range, of hits, and can be stopped', async () => {
    const target = await dump()
    expect(await refuse(target, 's-d 80000000 ffffffff 0')).toContain('256 MB')
    expect(await run(target, 's-d 80000000 L?1ffffff0 e0801234')).toContain('f5000200')
    const search = { wordBytes: 4 as const, address: page, bytes: 0x1000n, pattern: [0xe0801234n] }
    const found = await searchMemory(target, search, never, 2)
    expect(found).toMatchObject({ more: true, hits: { length: 2 } })
    const { output } = await runCommand(target, 's-d f5000000 f5000fff 0', { stopped: () => true })
    expect(output).toContain('Stopped')
  })

  test.each(['s-d', 's-d f5000000', 's-d f5000000 L4', 's-d f5000000 L4 zork'])('%s is refused', async (line) => {
    expect(await refuse(await dump(), line)).toMatch(/\S/)
  })
})

describe('!for_each_module', () => {
  test('searches all modules as one', async () => {
    const output = await run(await dump(), '!for_each_module s-d @#Base @#End e0801234')
    expect(output.split('\n')[0]).toMatch(/^f6001000 {2}e0801234/)
    expect(output).toMatch(/\(\d+ of \d+ bytes are not in the dump/)
  })

  test('runs any command, its aliases replaced', async () => {
    const target = await dump()
    expect(await run(target, '!for_each_module ? @#Size')).toBe(
      'Evaluate expression: 262144 = 00040000\nEvaluate expression: 8192 = 00002000',
    )
    const lines: string[] = []
    await forEachModule(target, 'x @#ModuleName!*', never, async (line) => {
      lines.push(line)
      return ''
    })
    expect(lines).toEqual(['x nt!*', 'x leaky!*'])
  })

  test('does not run itself', async () => {
    expect(await refuse(await dump(), '!for_each_module !for_each_module lm')).toContain('itself')
  })
})
