import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partLength, planParts } from '../../shared/cases/links/parts.ts'

const mebibyte = 2 ** 20

test('small files go in parts of 8 MiB, an empty one in one empty part', () => {
  expect(planParts(0)).toEqual({ bytes: 0, partBytes: 8 * mebibyte, parts: 1 })
  expect(partLength(planParts(0), 1)).toBe(0)
  expect(planParts(8 * mebibyte + 1)).toMatchObject({ parts: 2 })
  expect(partLength(planParts(8 * mebibyte + 1), 2)).toBe(1)
})

test('a dump of 128 GiB fits into 10,000 parts of whole mebibytes', () => {
  const plan = planParts(128 * 2 ** 30)
  expect(plan.partBytes).toBe(14 * mebibyte)
  expect(plan.parts).toBeLessThanOrEqual(10_000)
})

test('whatever the size: the parts add up to it, each within S3’s limits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 * 5 * 2 ** 30 }), (bytes) => {
      const plan = planParts(bytes)
      const last = partLength(plan, plan.parts)!
      expect(plan.parts).toBeLessThanOrEqual(10_000)
      expect(plan.partBytes).toBeLessThanOrEqual(5 * 2 ** 30)
      expect((plan.parts - 1) * plan.partBytes + last).toBe(bytes)
      expect(last > 0 || bytes === 0).toBe(true)
      expect(partLength(plan, plan.parts + 1)).toBeNull()
      expect(partLength(plan, 0)).toBeNull()
    }),
  )
})
