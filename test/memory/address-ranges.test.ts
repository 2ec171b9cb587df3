import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rangeFinder } from '../../shared/memory/address-ranges.ts'

test('an address is found in the range that holds it, and in none between, below and above', () => {
  const find = rangeFinder([
    { base: 0x3000n, size: 0x1000 },
    { base: 0x1000n, size: 0x800 },
  ])
  expect(find(0x1000n)?.base).toBe(0x1000n)
  expect(find(0x17ffn)?.base).toBe(0x1000n)
  expect(find(0x3fffn)?.base).toBe(0x3000n)
  for (const outside of [0xfffn, 0x1800n, 0x2fffn, 0x4000n]) expect(find(outside)).toBeNull()
  expect(rangeFinder([])(0n)).toBeNull()
})

test('of ranges that overlap the one is looked at that begins last at or below the address', () => {
  const range = fc.record({ base: fc.bigInt(0n, 60n), size: fc.nat(8) })
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), fc.bigInt(0n, 70n), (ranges, address) => {
      const begun = ranges.filter(({ base }) => base <= address)
      const start = begun.reduce((last, { base }) => (base > last ? base : last), -1n)
      const last = begun.findLast(({ base }) => base === start)
      const expected = last !== undefined && address < last.base + BigInt(last.size) ? last : null
      expect(rangeFinder(ranges)(address)).toBe(expected)
    }),
  )
})
