import { describe, expect, test } from 'vitest'
import { check, checkHostile } from './check.ts'
import { fieldCases } from './header-fields.ts'

/** Some of `npm run hostile`: those that once broke a promise, and a few at random. */
const once: readonly (readonly [seed: string, index: number])[] = [
  // A tracker with overwritten rows was taken for a smaller one, and that for the whole account.
  ['b', 29],
  ['b', 130],
  ['b', 151],
  // Counters that were damaged or not in the dump were believed to be in order.
  ['a', 96],
  ['a', 182],
  ['a', 241],
  ['a', 290],
  // A library whose client was unloaded, or had no import table that could be read, was the only one that could be named.
  ['hostile', 243],
  ['november', 94],
  // Tags of bytes that nobody would type.
  ['a', 68],
  ['b', 219],
]
const drawn = Array.from({ length: 24 }, (_, index) => ['short', index] as const)

describe('a hostile dump is read to its end, blames nobody innocent and promises no more than it knows', () => {
  test.each([...once, ...drawn])('seed %s, number %i', async (seed, index) => {
    const { label, complaints } = await checkHostile(seed, index)
    expect(complaints, label).toEqual([])
  })
})

/** Some of all: a prime number apart, so that every container, field and extreme has its turn. */
const fields = fieldCases().filter(({ index }) => index % 101 === 0)

test.each(fields)('$dump.label: a right result or a reason, whatever the field says', async ({ machine, dump }) => {
  const { label, complaints } = await check(dump, machine())
  expect(complaints, label).toEqual([])
})
