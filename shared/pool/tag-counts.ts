import { blockKind } from '../kernel/pool-header.ts'
import { plainKey } from '../kernel/pool-tag.ts'

export type BlockTotals = { blocks: number; bytes: number }
export type ScannedTag = { readonly key: number; readonly nonPaged: BlockTotals; readonly paged: BlockTotals }

/** Distinct tags counted one by one; a machine has some two thousand. What comes after is counted together. */
const mostTags = 65_536

/** Slots that are no tag's: for tags beyond the limit, and for blocks whose header holds something else than a tag. */
const overflowSlot = 0
export const untaggedSlot = 1
const ownSlots = 2

/**
 * Counts blocks and bytes by tag. `slotOf` finds a tag's slot, which `count` takes: the loop over headers asks once a
 * block, and nothing is allocated but at a tag's first sight.
 */
export const tagCounts = () => {
  const slots = new Map<number, number>()
  const keys: number[] = []
  /** Four numbers a slot: non-paged blocks and bytes, paged blocks and bytes. */
  const sums: number[] = [0, 0, 0, 0, 0, 0, 0, 0]
  return {
    /** The tag's slot, or `overflowSlot` beyond the limit. */
    slotOf: (key: number): number => {
      const plain = plainKey(key) | 0
      const known = slots.get(plain)
      if (known !== undefined) return known
      if (keys.length >= mostTags) return overflowSlot
      const slot = keys.length + ownSlots
      keys.push(plain >>> 0)
      sums.push(0, 0, 0, 0)
      slots.set(plain, slot)
      return slot
    },
    count: (slot: number, kind: number, bytes: number): void => {
      const at = slot * 4 + (kind === blockKind.paged ? 2 : 0)
      sums[at]++
      sums[at + 1] += bytes
    },
    /** The tags with at least one block, those with most bytes first, and the blocks beyond the limit or without a tag. */
    result: (): { tags: ScannedTag[]; blocks: number; unlistedBlocks: number; untaggedBlocks: number } => {
      const tags = keys
        .map((key, index) => {
          const at = (index + ownSlots) * 4
          return {
            key,
            nonPaged: { blocks: sums[at], bytes: sums[at + 1] },
            paged: { blocks: sums[at + 2], bytes: sums[at + 3] },
          }
        })
        .filter(({ nonPaged, paged }) => nonPaged.blocks + paged.blocks > 0)
        .sort((a, b) => bytesOf(b) - bytesOf(a) || a.key - b.key)
      const blocksIn = (slot: number) => sums[slot * 4] + sums[slot * 4 + 2]
      const [unlistedBlocks, untaggedBlocks] = [blocksIn(overflowSlot), blocksIn(untaggedSlot)]
      const blocks = tags.reduce((total, tag) => total + blocksOf(tag), unlistedBlocks + untaggedBlocks)
      return { tags, blocks, unlistedBlocks, untaggedBlocks }
    },
  }
}

export type TagCounts = ReturnType<typeof tagCounts>

export const blocksOf = ({ nonPaged, paged }: ScannedTag): number => nonPaged.blocks + paged.blocks
export const bytesOf = ({ nonPaged, paged }: ScannedTag): number => nonPaged.bytes + paged.bytes
