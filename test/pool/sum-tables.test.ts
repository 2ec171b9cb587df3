import { expect, test } from 'vitest'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'
import type { TagTotals } from '../../shared/kernel/pools/pool-tracker-sums.ts'
import { overflowed } from '../../shared/pool/sum-tables.ts'

const totals = (tag: string, bytes: number): TagTotals => ({
  key: keyOfTag(tag),
  nonPaged: { allocations: 1, frees: 0, outstanding: 1, bytes, clamped: 0 },
  paged: { allocations: 0, frees: 0, outstanding: 0, bytes: 0, clamped: 0 },
})

test('bytes in the overflow row belong to tags nobody knows, which is said once they are many', () => {
  expect(overflowed([totals('None', 990_000), totals('Ovfl', 20_000)])).toEqual([
    expect.stringContaining('20000 bytes'),
  ])
  expect(overflowed([totals('None', 990_000), totals('Ovfl', 5_000)])).toEqual([])
  expect(overflowed([totals('None', 990_000)])).toEqual([])
})
