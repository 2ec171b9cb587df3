import { describe, expect, test } from 'vitest'
import { atEnd, parseExpression, parseNumber } from '../../shared/debugger/expression.ts'
import { parseRange } from '../../shared/debugger/range.ts'
import { fakeMemory } from '../kernel/fake-memory.ts'

const context = (pointerBytes: 4 | 8) => ({
  memory: fakeMemory(pointerBytes, [
    { address: 0x1000n, bytes: Uint8Array.from([0x78, 0x56, 0x34, 0x92, 1, 0, 0, 0]) },
  ]),
  names: {
    addressOf: async (name: string) =>
      ({ nt: 0xe0800000n, 'nt!ExFoo': 0xe0894d1fn, '{5B1F-A}': 0xf50b3000n })[name] ?? null,
  },
})

const value = async (text: string, pointerBytes: 4 | 8 = 8): Promise<bigint> => {
  const cursor = { text, at: 0 }
  const result = await parseExpression(cursor, context(pointerBytes))
  expect(atEnd(cursor)).toBe(true)
  return result
}

describe('numbers and expressions', () => {
  test.each([
    ['10', 0x10n],
    ['0n10', 10n],
    ['0t10', 8n],
    ['0y101', 5n],
    ['0xff', 0xffn],
    ['fffff800`02c52000', 0xfffff80002c52000n],
    ['1000h', 0x1000n],
    ['2+3*10', 0x32n],
    ['(2+3)*10', 0x50n],
    ['10 - 0n6', 10n],
    ['-1', 0xffffffffffffffffn],
    ['nt+1000', 0xe0801000n],
    ['nt!ExFoo', 0xe0894d1fn],
    ['{5B1F-A}+8', 0xf50b3008n],
    ['poi(1000)', 0x192345678n],
  ])('%s', async (text, expected) => expect(await value(text)).toBe(expected))

  test('values are as wide as the machine’s pointers', async () => {
    expect(await value('-1', 4)).toBe(0xffffffffn)
    expect(await value('poi(1000)', 4)).toBe(0x92345678n)
    expect(await value('ffffffff+2', 4)).toBe(1n)
  })

  test.each([
    ['', 'missing'],
    ['1+', 'missing'],
    ['(1', 'not closed'],
    ['zork', "'zork'"],
    ['poi(2000)', 'not in the dump'],
    ['('.repeat(100), 'parentheses'],
    ['0y12', "'0y12'"],
    ['1'.repeat(17), 'no known module'],
  ])('%j is refused with a reason', async (text, reason) => {
    await expect(value(text)).rejects.toMatchObject({ tag: 'wrong-command', message: expect.stringContaining(reason) })
  })

  test('what has a digit too many is no number', () => {
    expect(parseNumber('ffffffffffffffff')).toBe((1n << 64n) - 1n)
    expect(parseNumber('10000000000000000')).toBeNull()
    expect(parseNumber('`')).toBeNull()
  })
})

describe('ranges', () => {
  const range = (text: string) => parseRange({ text, at: 0 }, context(4), (bytes) => (bytes + 3n) / 4n)

  test('by length, by end, open', async () => {
    expect(await range('1000 L10')).toMatchObject({ address: 0x1000n, count: 16n, unlimited: false })
    expect(await range('1000 l?0n10')).toMatchObject({ count: 10n, unlimited: true })
    // The end is the last byte's address.
    expect(await range('1000 100f')).toMatchObject({ count: 4n })
    expect(await range('1000')).toMatchObject({ count: null })
    expect(await range('nt L nt!ExFoo-nt')).toMatchObject({ address: 0xe0800000n, count: 0x94d1fn })
  })

  test('backwards is none', async () => {
    await expect(range('1000 0ff0')).rejects.toThrow('Range error')
  })
})
