import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findPointers } from '../../shared/imports/pointer-search.ts'

const wordsOf = (...words: number[]): Uint8Array => new Uint8Array(new Uint32Array(words).buffer)

test('finds every aligned word, and none across words', () => {
  const bytes = wordsOf(0xe0894d1f, 0x4d1f0000, 0x0000e089, 0xe0894d1f)
  expect(findPointers(bytes, 4, [0xe0894d1fn], 10)).toEqual({
    hits: [
      { offset: 0, target: 0xe0894d1fn },
      { offset: 12, target: 0xe0894d1fn },
    ],
    more: false,
  })
})

test('a 64-bit pointer needs both halves, aligned to eight', () => {
  const low = 0x02a1b2c0
  const bytes = wordsOf(low, 0xfffff800, 0, low, 0xfffff800, 0, low, 0xfffff801)
  expect(findPointers(bytes, 8, [0xfffff80002a1b2c0n], 10).hits).toEqual([{ offset: 0, target: 0xfffff80002a1b2c0n }])
})

test('bytes that begin at an odd place of their buffer are searched the same', () => {
  const shifted = new Uint8Array([0xff, ...wordsOf(1, 0xe0894d1f)]).subarray(1)
  expect(findPointers(shifted, 4, [0xe0894d1fn], 10).hits).toEqual([{ offset: 4, target: 0xe0894d1fn }])
})

test('the limit holds for each target and is told', () => {
  const bytes = wordsOf(7, 7, 7, 9)
  expect(findPointers(bytes, 4, [7n, 9n], 2)).toEqual({
    hits: [
      { offset: 0, target: 7n },
      { offset: 4, target: 7n },
      { offset: 12, target: 9n },
    ],
    more: true,
  })
})

test('agrees with a plain comparison of every word', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 }), (words) => {
      const bytes = wordsOf(...words)
      const found = findPointers(bytes, 4, [1n, 2n], 1000).hits.map((hit) => hit.offset / 4)
      expect(found).toEqual(words.flatMap((word, index) => (word === 1 || word === 2 ? [index] : [])))
    }),
  )
})
