import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rankedBitmap } from '../../shared/dump/ranked-bitmap.ts'

const bitOf = (bytes: Uint8Array, bit: number): boolean => ((bytes[bit >> 3] >> (bit & 7)) & 1) === 1

/** Long stretches of clear and set bits as real dumps have them, besides noise. */
const bitmapBytes = fc
  .array(
    fc.oneof(
      fc.constant(new Uint8Array(70)),
      fc.constant(new Uint8Array(70).fill(255)),
      fc.uint8Array({ maxLength: 40 }),
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])))

test('rank, count and membership agree with counting bit by bit, at any number of bits', () => {
  fc.assert(
    fc.property(bitmapBytes, fc.nat(40), (bytes, cut) => {
      const bits = Math.max(0, bytes.length * 8 - cut)
      const bitmap = rankedBitmap(bytes, bits)
      let rank = 0
      for (let bit = 0; bit < bits; bit++) {
        expect(bitmap.has(bit)).toBe(bitOf(bytes, bit))
        expect(bitmap.rank(bit)).toBe(rank)
        if (bitOf(bytes, bit)) rank++
      }
      expect(bitmap.count).toBe(rank)
      expect(bitmap.has(bits)).toBe(false)
    }),
    { numRuns: 60 },
  )
})

test('runs are maximal, ascending and cover exactly the set bits', () => {
  fc.assert(
    fc.property(bitmapBytes, fc.nat(40), (bytes, cut) => {
      const bits = Math.max(0, bytes.length * 8 - cut)
      const covered = new Set<number>()
      let end = -1
      for (const run of rankedBitmap(bytes, bits).runs()) {
        expect(run.first).toBeGreaterThan(end)
        for (let bit = run.first; bit < run.first + run.length; bit++) covered.add(bit)
        end = run.first + run.length
      }
      for (let bit = 0; bit < bits; bit++) expect(covered.has(bit)).toBe(bitOf(bytes, bit))
      expect([...covered].every((bit) => bit < bits)).toBe(true)
    }),
    { numRuns: 60 },
  )
})
