import { expect, test } from 'vitest'
import { bigPageLayouts } from '../../shared/kernel/pools/pool-big-page-layout.ts'
import type { BigPages, BigPageTotals } from '../../shared/kernel/pools/pool-big-page-table.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'
import type { TagTotals } from '../../shared/kernel/pools/pool-tracker-sums.ts'
import { compareWithTracker, contradicts, largeBytesTracked } from '../../shared/pool/agreement.ts'

const pool = (outstanding: number, bytes: number) => ({
  allocations: outstanding,
  frees: 0,
  outstanding,
  bytes,
  clamped: 0,
})
const tracked = (tag: string, nonPaged: [number, number], paged: [number, number] = [0, 0]): TagTotals => ({
  key: keyOfTag(tag),
  nonPaged: pool(...nonPaged),
  paged: pool(...paged),
})
const found = (tag: string, nonPaged: [number, number], paged: [number, number] = [0, 0]) => ({
  key: keyOfTag(tag),
  nonPaged: { blocks: nonPaged[0], bytes: nonPaged[1] },
  paged: { blocks: paged[0], bytes: paged[1] },
})
const none = { blocks: 0, bytes: 0 }
const big = (rows: Record<string, Partial<BigPageTotals>>): BigPages => ({
  layout: bigPageLayouts[0],
  address: 0n,
  entries: 4096,
  sizeKnown: true,
  wantedBytes: 0,
  readBytes: 0,
  live: 0,
  liveBytes: 0,
  strange: 0,
  largest: [],
  pagedByAddress: () => null,
  byKey: new Map(
    Object.entries(rows).map(([tag, totals]) => [
      keyOfTag(tag),
      { nonPaged: none, paged: none, unknown: none, ...totals },
    ]),
  ),
})

test('small and large blocks together account for the tracker', () => {
  const agreement = compareWithTracker(
    [tracked('None', [246_479, 50_827_424]), tracked('MmCm', [12, 90_112])],
    [found('None', [246_479, 50_827_424]), found('MmCm', [2, 8192])],
    big({ MmCm: { nonPaged: { blocks: 10, bytes: 81_920 } } }),
  )
  expect(agreement).toMatchObject({ ratio: 1, agrees: true, leftOutBytes: 0 })
  expect(agreement.tags.map(({ tag, ratio }) => [tag, ratio])).toEqual([
    ['None', 1],
    ['MmCm', 1],
  ])
})

test('paged pool does not count, unless large blocks do not tell which they are', () => {
  const totals = [tracked('Ntfx', [10, 1000], [90, 9000])]
  const blocks = [found('Ntfx', [10, 1000], [1, 100])]
  expect(compareWithTracker(totals, blocks, big({})).ratio).toBe(1)
  expect(compareWithTracker(totals, blocks, big({ Ntfx: { unknown: { blocks: 1, bytes: 4096 } } })).ratio).toBeCloseTo(
    0.5196,
  )
})

test('blocks the tracker does not have, and those it has and nobody found, both lower it', () => {
  const over = compareWithTracker([tracked('Tag1', [10, 1000])], [found('Tag1', [20, 2000])], big({}))
  const under = compareWithTracker([tracked('Tag1', [10, 1000])], [], big({}))
  const unknown = compareWithTracker(
    [tracked('Tag1', [10, 1000])],
    [found('Tag1', [10, 1000]), found('Else', [5, 500])],
    big({}),
  )
  expect([over.ratio, under.ratio, unknown.ratio]).toEqual([0.5, 0, 1000 / 1500])
  expect([over, under, unknown].map(({ agrees }) => agrees)).toEqual([false, false, false])
})

test('without the table of large allocations, tags of large blocks are left out and counted', () => {
  const agreement = compareWithTracker(
    [tracked('None', [100, 20_000]), tracked('MmCm', [10, 163_840])],
    [found('None', [100, 20_000])],
    null,
  )
  expect(agreement).toMatchObject({ ratio: 1, agrees: true, leftOutBytes: 163_840 })
})

test('nothing to compare confirms nothing', () => {
  expect(compareWithTracker([], [], null).agrees).toBe(false)
})

test('remains of pool pages contradict the tracker; missing pages alone do not', () => {
  const totals = [tracked('LeaK', [100, 10_000])]
  const remains = compareWithTracker(totals, [found('LeaK', [300, 30_000])], big({}))
  expect(remains.ratio).toBeCloseTo(1 / 3)
  expect([contradicts(remains, true), contradicts(remains, false)]).toEqual([true, true])
  const few = compareWithTracker(totals, [found('LeaK', [20, 2000])], big({}))
  expect(few).toMatchObject({ ratio: 0.2, confirmed: 1 })
  expect([contradicts(few, true), contradicts(few, false)]).toEqual([true, false])
  expect(contradicts(compareWithTracker(totals, [found('LeaK', [90, 9000])], big({})), true)).toBe(false)
})

test('large blocks are set against the tracker tag by tag', () => {
  const table = big({ Leak: { nonPaged: { blocks: 2, bytes: 8192 } }, Gone: { unknown: { blocks: 1, bytes: 8192 } } })
  expect(largeBytesTracked([tracked('Leak', [40, 20_000])], table)).toBe(0.5)
  expect(largeBytesTracked([tracked('Leak', [2, 8192]), tracked('Gone', [0, 0], [1, 8192])], table)).toBe(1)
  expect(largeBytesTracked([], big({}))).toBe(1)
})
