import type { BigAllocation, TagUsage, Totals } from '../analysis/pool-usage.ts'
import { hexAddress } from '../analysis/scalars.ts'
import type { BigPage, BigPages } from '../kernel/pools/pool-big-page-table.ts'
import { tagOfKey } from '../kernel/pools/pool-tag.ts'
import type { PoolTotals, TagTotals } from '../kernel/pools/pool-tracker-sums.ts'
import type { BlockTotals, ScannedTag } from './tag-counts.ts'
import type { TagLookup } from './tag-table.ts'

/** Rows of `!poolused`: most non-paged bytes first, then most paged bytes, then by tag. */
export const usageOfTracker = (totals: readonly TagTotals[], lookup: TagLookup): TagUsage[] =>
  sorted(totals.map(({ key, nonPaged, paged }) => usage(key, lookup, countsOf(nonPaged), countsOf(paged))))

/**
 * The same from blocks that were found, small ones by the scan and large ones in the big-page table, for a dump whose
 * tracker is out of reach or holds only some processors' share. What is outstanding is known, how often was allocated and
 * freed is not, so allocations equal what is outstanding. Large blocks of which it is not known whether they are paged
 * are left out.
 */
export const usageOfScan = (scanned: readonly ScannedTag[], big: BigPages | null, lookup: TagLookup): TagUsage[] => {
  const small = new Map(scanned.map((tag) => [tag.key, tag]))
  const keys = new Set([...small.keys(), ...(big?.byKey.keys() ?? [])])
  return sorted(
    [...keys].map((key) => {
      const found = small.get(key)
      const large = big?.byKey.get(key)
      return usage(key, lookup, foundCounts(found?.nonPaged, large?.nonPaged), foundCounts(found?.paged, large?.paged))
    }),
  )
}

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

const foundCounts = (small = noBlocks, large = noBlocks): Totals => {
  const blocks = counted(small.blocks + large.blocks)
  return { allocations: blocks, frees: 0, outstanding: blocks, bytes: counted(small.bytes + large.bytes) }
}

const noBlocks: BlockTotals = { blocks: 0, bytes: 0 }

/** As the analysis lists them. */
export const bigAllocations = (pages: readonly BigPage[]): BigAllocation[] =>
  pages.map(({ address, key, bytes, paged }) => ({ address: hexAddress(address), tag: tagOfKey(key), bytes, paged }))
