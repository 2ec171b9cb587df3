import type { BigPages } from '../kernel/pools/pool-big-page-table.ts'
import { tagOfKey } from '../kernel/pools/pool-tag.ts'
import type { TagTotals } from '../kernel/pools/pool-tracker-sums.ts'
import { type BlockTotals, blocksOf, bytesOf, type ScannedTag } from './tag-counts.ts'

/** One tag as the tracker counts it and as blocks of it were found. `ratio` is the smaller byte count to the larger. */
export type TagAgreement = {
  readonly tag: string
  readonly tracker: BlockTotals
  readonly found: BlockTotals
  readonly ratio: number
}

export type Agreement = {
  /** Biggest by the tracker first. */
  readonly tags: readonly TagAgreement[]
  /** Over all tags compared: what both sides have, to what either has, by bytes. 1 when nothing was to compare. */
  readonly ratio: number
  /** Of the bytes found, the share that the tracker has too. 1 when nothing was found. */
  readonly confirmed: number
  /** Bytes by the tracker of tags left out because their blocks could not have been found. */
  readonly leftOutBytes: number
  readonly agrees: boolean
}

/** Below this the scan is no confirmation of the tracker: one byte in ten differs. */
const agreeingRatio = 0.9
/** Below this scan and tracker contradict each other: less than half of what either has do both have. [I] */
const contradictingRatio = 0.5
/** The mean block of a tag from which on, without the big-page table, too many of its blocks have no header to find. */
const mostMeanBytes = 2048

/**
 * Compares the tracker with the blocks found: small ones by their headers, large ones in the big-page table. Only the
 * non-paged side is compared, since paged pool may be paged out; except for tags whose large blocks the table does not
 * tell apart, which are compared as a whole.
 */
export const compareWithTracker = (
  totals: readonly TagTotals[],
  scanned: readonly ScannedTag[],
  big: BigPages | null,
): Agreement => {
  const tracked = new Map(totals.map((tag) => [tag.key, tag]))
  const found = new Map(scanned.map((tag) => [tag.key, tag]))
  const tags: TagAgreement[] = []
  let leftOutBytes = 0
  for (const key of new Set([...tracked.keys(), ...found.keys()])) {
    const { nonPaged, paged } = tracked.get(key) ?? { nonPaged: nothing, paged: nothing }
    const small = found.get(key)
    const large = big?.byKey.get(key)
    const whole = large !== undefined && large.unknown.blocks > 0
    const expected = whole ? add(counted(nonPaged), counted(paged)) : counted(nonPaged)
    const smallFound =
      small === undefined ? noBlocks : whole ? { blocks: blocksOf(small), bytes: bytesOf(small) } : small.nonPaged
    const largeFound =
      large === undefined ? noBlocks : whole ? add(add(large.nonPaged, large.paged), large.unknown) : large.nonPaged
    if (big === null && expected.blocks > 0 && expected.bytes / expected.blocks > mostMeanBytes) {
      leftOutBytes += expected.bytes
      continue
    }
    const blocks = add(smallFound, largeFound)
    if (expected.bytes === 0 && blocks.bytes === 0) continue
    tags.push({ tag: tagOfKey(key), tracker: expected, found: blocks, ratio: ratioOf(expected.bytes, blocks.bytes) })
  }
  tags.sort((a, b) => b.tracker.bytes - a.tracker.bytes || b.found.bytes - a.found.bytes || (a.tag < b.tag ? -1 : 1))
  const both = tags.reduce((sum, { tracker, found }) => sum + Math.min(tracker.bytes, found.bytes), 0)
  const either = tags.reduce((sum, { tracker, found }) => sum + Math.max(tracker.bytes, found.bytes), 0)
  const ratio = either === 0 ? 1 : both / either
  const allFound = tags.reduce((sum, { found }) => sum + found.bytes, 0)
  const confirmed = allFound === 0 ? 1 : both / allFound
  return { tags, ratio, confirmed, leftOutBytes, agrees: tags.length > 0 && ratio >= agreeingRatio }
}

/**
 * Whether the pages hold much that is no pool any more, or are misread: then nothing may be concluded from what blocks
 * found there contain. Where pages are missing blocks are too, so only those found that the tracker does not have count.
 */
export const contradicts = ({ ratio, confirmed }: Agreement, allPages: boolean): boolean =>
  (allPages ? ratio : confirmed) < contradictingRatio

/** Whether less than half of the bytes found in blocks are in the tracker: rows or processors are missing from it. */
export const misses = ({ confirmed }: Agreement): boolean => confirmed < contradictingRatio

/**
 * The large blocks against the tracker, for which no page need be looked at: of their bytes the share that the tracker
 * counts for their tags, small blocks or large. 1 when there are none.
 */
export const largeBytesTracked = (totals: readonly TagTotals[], big: BigPages): number => {
  const tracked = new Map(totals.map(({ key, nonPaged, paged }) => [key, nonPaged.bytes + paged.bytes]))
  let [counted, all] = [0, 0]
  for (const [key, { nonPaged, paged, unknown }] of big.byKey) {
    const bytes = nonPaged.bytes + paged.bytes + unknown.bytes
    all += bytes
    counted += Math.min(bytes, tracked.get(key) ?? 0)
  }
  return all === 0 ? 1 : counted / all
}

const noBlocks: BlockTotals = { blocks: 0, bytes: 0 }
const nothing = { outstanding: 0, bytes: 0 }

const counted = ({ outstanding, bytes }: { outstanding: number; bytes: number }): BlockTotals => ({
  blocks: outstanding,
  bytes,
})

const add = (a: BlockTotals, b: BlockTotals): BlockTotals => ({ blocks: a.blocks + b.blocks, bytes: a.bytes + b.bytes })

const ratioOf = (a: number, b: number): number => (Math.max(a, b) === 0 ? 1 : Math.min(a, b) / Math.max(a, b))
