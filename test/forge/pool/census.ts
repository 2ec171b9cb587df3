import { tagKey } from '../words.ts'

/** What one tag has outstanding in one kind of pool. A block's bytes include its header; a big one's are whole pages. */
export type PoolCount = {
  blocks: number
  blockBytes: number
  /** Of those, in pages that are in the dump: what a scan of the pages finds. */
  residentBlocks: number
  residentBytes: number
  bigs: number
  bigBytes: number
}

export type TagCount = {
  readonly tag: string
  readonly key: number
  readonly nonPaged: PoolCount
  readonly paged: PoolCount
}

/** A big allocation as the big-page table records it. */
export type BigAllocation = {
  readonly va: number
  readonly count: TagCount
  /** The tag as recorded, PROTECTED_POOL bit included. */
  readonly key: number
  readonly pages: number
  readonly paged: boolean
}

/** Every allocation the forge makes is counted here; the tracker is written from it. */
export type Census = {
  /** The counts of a tag, by its four characters. */
  of(tag: string): TagCount
  tags(): readonly TagCount[]
  readonly bigs: BigAllocation[]
}

const none = (): PoolCount => ({ blocks: 0, blockBytes: 0, residentBlocks: 0, residentBytes: 0, bigs: 0, bigBytes: 0 })

export const createCensus = (): Census => {
  const counts = new Map<string, TagCount>()
  return {
    of: (tag) => {
      const known = counts.get(tag)
      if (known !== undefined) return known
      const count = { tag, key: tagKey(tag), nonPaged: none(), paged: none() }
      counts.set(tag, count)
      return count
    },
    tags: () => [...counts.values()],
    bigs: [],
  }
}

export const outstanding = (count: PoolCount): number => count.blocks + count.bigs
export const bytesOf = (count: PoolCount): number => count.blockBytes + count.bigBytes
