import type { BigAllocation, TagUsage, Totals } from '../analysis/pool-usage.ts'
import { hexAddress } from '../analysis/scalars.ts'
import type { BigPage } from '../kernel/pool-big-pages.ts'
import { tagOfKey } from '../kernel/pool-tag.ts'
import type { PoolTotals, TagTotals } from '../kernel/pool-tracker-sums.ts'
import type { ScannedTag } from './tag-counts.ts'
import type { TagLookup } from './tag-table.ts'

/** Rows of `!poolused`: most non-paged bytes first, then most paged bytes, then by tag. */
export const usageOfTracker = (totals: readonly TagTotals[], lookup: TagLookup): TagUsage[] =>
  sorted(totals.map(({ key, nonPaged, paged }) => usage(key, lookup, countsOf(nonPaged), countsOf(paged))))

/**
 * The same from blocks found by a scan, for a dump whose tracker is out of reach: what is outstanding is known, how often
 * was allocated and freed is not, so allocations equal what is outstanding.
 */
export const usageOfScan = (tags: readonly ScannedTag[], lookup: TagLookup): TagUsage[] =>
  sorted(
    tags.map(({ key, nonPaged, paged }) =>
      usage(key, lookup, foundCounts(nonPaged.blocks, nonPaged.bytes), foundCounts(paged.blocks, paged.bytes)),
    ),
  )

const usage = (key: number, lookup: TagLookup, nonPaged: Totals, paged: Totals): TagUsage => {
  const tag = tagOfKey(key)
  const known = lookup(tag)
  return { tag, nonPaged, paged, owner: known?.owner ?? null, meaning: known?.meaning ?? null }
}

const sorted = (tags: TagUsage[]): TagUsage[] =>
  tags.sort((a, b) => b.nonPaged.bytes - a.nonPaged.bytes || b.paged.bytes - a.paged.bytes || (a.tag < b.tag ? -1 : 1))

/** Counts are JSON integers; what a lying dump could add up beyond 2^53 stays there. */
const counted = (value: number): number => Math.min(value, Number.MAX_SAFE_INTEGER)

const countsOf = ({ allocations, frees, outstanding, bytes }: PoolTotals): Totals => ({
  allocations: counted(allocations),
  frees: counted(frees),
  outstanding: counted(outstanding),
  bytes: counted(bytes),
})

const foundCounts = (blocks: number, bytes: number): Totals => ({
  allocations: blocks,
  frees: 0,
  outstanding: blocks,
  bytes,
})

export const bigAllocations = (pages: readonly BigPage[]): BigAllocation[] =>
  pages.map(({ address, key, bytes, paged }) => ({ address: hexAddress(address), tag: tagOfKey(key), bytes, paged }))
