import { z } from 'zod'
import { Count } from '../analysis/scalars.ts'
import { blockKind } from '../kernel/pools/pool-header.ts'
import { plainKey } from '../kernel/pools/pool-tag.ts'
import { scattered } from './lowest-ranked.ts'

export type BlockTotals = { blocks: number; bytes: number }
export type ScannedTag = { readonly key: number; readonly nonPaged: BlockTotals; readonly paged: BlockTotals }

/** Non-paged blocks and bytes, paged blocks and bytes. */
const Sums = z.tuple([Count, Count, Count, Count])
type Sums = z.infer<typeof Sums>

/** What was counted in some pages, as JSON: each tag's key and sums, ordered by key, and what belongs to no listed tag. */
export const TagSums = z.object({
  tags: z.array(z.tuple([Count, Count, Count, Count, Count])),
  unlisted: Sums,
  untagged: Sums,
})
export type TagSums = z.infer<typeof TagSums>

/**
 * Distinct tags counted one by one; a machine has some two thousand. Of more than that those are kept that come first in
 * an order of chance (`scattered`), so that the same are kept however the pages were divided; the rest is counted together.
 */
const mostTags = 65_536

/** Slots that are no tag's: for tags beyond the limit, and for blocks whose header holds something else than a tag. */
const overflowSlot = 0
export const untaggedSlot = 1
const ownSlots = 2

/**
 * Counts blocks and bytes by tag. `slotOf` finds a tag's slot, which `count` takes at once: the loop over headers asks
 * once a block, and nothing is allocated but at a tag's first sight.
 */
export const tagCounts = (most = mostTags) => {
  let slots = new Map<number, number>()
  let keys: number[] = []
  /** Four numbers a slot. */
  let sums: number[] = [0, 0, 0, 0, 0, 0, 0, 0]
  /** No tag beyond it in the order is counted by itself any more. */
  let last = Number.POSITIVE_INFINITY

  /** Drops the tags beyond the limit; their sums join those of the tags without a slot. */
  const prune = (): void => {
    if (keys.length <= most) return
    const [oldKeys, oldSums] = [keys, sums]
    const order = oldKeys.map((key, index) => ({ index, key, rank: scattered(key) })).sort((a, b) => a.rank - b.rank)
    slots = new Map()
    keys = []
    sums = oldSums.slice(0, ownSlots * 4)
    for (const { index, key, rank } of order.slice(0, most)) {
      slots.set(key | 0, keys.length + ownSlots)
      keys.push(key)
      sums.push(...sumsAt(oldSums, index + ownSlots))
      last = rank
    }
    for (const { index } of order.slice(most)) addTo(sums, overflowSlot, sumsAt(oldSums, index + ownSlots))
  }

  const slotOf = (key: number): number => {
    const plain = plainKey(key) | 0
    const known = slots.get(plain)
    if (known !== undefined) return known
    if (scattered(plain) > last) return overflowSlot
    if (keys.length >= 2 * most) {
      prune()
      return slotOf(key)
    }
    const slot = keys.length + ownSlots
    keys.push(plain >>> 0)
    sums.push(0, 0, 0, 0)
    slots.set(plain, slot)
    return slot
  }

  const census = (): TagSums => {
    prune()
    return {
      tags: keys
        .map((key, index): TagSums['tags'][number] => [key, ...sumsAt(sums, index + ownSlots)])
        .filter(([, nonPaged, , paged]) => nonPaged + paged > 0)
        .sort(([a], [b]) => a - b),
      unlisted: sumsAt(sums, overflowSlot),
      untagged: sumsAt(sums, untaggedSlot),
    }
  }

  return {
    /** The tag's slot until the next one is asked for. */
    slotOf,
    count: (slot: number, kind: number, bytes: number): void => {
      const at = slot * 4 + (kind === blockKind.paged ? 2 : 0)
      sums[at]++
      sums[at + 1] += bytes
    },
    /** Adds what was counted elsewhere, in other pages. */
    add: ({ tags, unlisted, untagged }: TagSums): void => {
      for (const [key, ...counted] of tags) addTo(sums, slotOf(key), counted)
      addTo(sums, overflowSlot, unlisted)
      addTo(sums, untaggedSlot, untagged)
    },
    census,
    result: () => tagTotals(census()),
  }
}

export type TagCounts = ReturnType<typeof tagCounts>

const sumsAt = (sums: readonly number[], slot: number): Sums => [
  sums[slot * 4],
  sums[slot * 4 + 1],
  sums[slot * 4 + 2],
  sums[slot * 4 + 3],
]

const addTo = (sums: number[], slot: number, more: readonly number[]): void => {
  for (const [index, value] of more.entries()) sums[slot * 4 + index] += value
}

/** The tags with at least one block, those with most bytes first, and the blocks beyond the limit or without a tag. */
export const tagTotals = ({
  tags: counted,
  unlisted,
  untagged,
}: TagSums): { tags: ScannedTag[]; blocks: number; unlistedBlocks: number; untaggedBlocks: number } => {
  const tags = counted
    .map(([key, blocks, bytes, pagedBlocks, pagedBytes]) => ({
      key,
      nonPaged: { blocks, bytes },
      paged: { blocks: pagedBlocks, bytes: pagedBytes },
    }))
    .sort((a, b) => bytesOf(b) - bytesOf(a) || a.key - b.key)
  const [unlistedBlocks, untaggedBlocks] = [unlisted[0] + unlisted[2], untagged[0] + untagged[2]]
  const blocks = tags.reduce((total, tag) => total + blocksOf(tag), unlistedBlocks + untaggedBlocks)
  return { tags, blocks, unlistedBlocks, untaggedBlocks }
}

export const blocksOf = ({ nonPaged, paged }: ScannedTag): number => nonPaged.blocks + paged.blocks
export const bytesOf = ({ nonPaged, paged }: ScannedTag): number => nonPaged.bytes + paged.bytes
