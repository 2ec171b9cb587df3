import type { Layout } from '../kernel/layout.ts'
import type { Random } from '../random.ts'
import { writePointer, writeWord } from '../words.ts'
import type { BigAllocation } from './census.ts'

/** The page number folded byte by byte (reference 8.7: "hash of VA >> 12 folded"). */
const hashOf = (va: number, mask: number): number => {
  const page = Math.floor(va / 4096) >>> 0
  return ((page >>> 24) ^ (page >>> 16) ^ (page >>> 8) ^ page) & mask
}

/** POOL_FLAG_PAGED and POOL_FLAG_NON_PAGED of ExAllocatePool2 (wdm.h). */
const flags = { paged: 0x100, nonPaged: 0x40 } as const

/** What tells paged from non-paged; the byte below the packed forms is a pattern, the bits above unused room. */
const poolWord = ({ bigPages, poolType }: Layout, paged: boolean): number => {
  if (bigPages.poolForm === 'packed-flags') return (paged ? flags.paged : flags.nonPaged) * 0x100 + 0x5a
  const type = (paged ? poolType.paged : poolType.nonPaged) & 1
  return bigPages.poolForm === 'packed-type' ? type * 0x100 + 0x5a : type
}

/** Writes the big-page table: live entries at their hash, some freed ones (address bit 0 set), the rest never used. */
export const writeBigPages = (
  table: Buffer,
  entries: number,
  live: readonly BigAllocation[],
  layout: Layout,
  random: Random,
): void => {
  const { bigPages, width } = layout
  if (live.length > entries * 0.9) throw new Error('The big-page table is too small for the big allocations.')
  const taken = new Uint8Array(entries)
  for (let slot = 0; slot < entries; slot++) table.writeUInt32LE(1, slot * bigPages.entryBytes)
  const put = ({ va, key, pages, paged }: BigAllocation, free: boolean): void => {
    let slot = hashOf(va, entries - 1)
    while (taken[slot] === 1) slot = (slot + 1) % entries
    if (!free) taken[slot] = 1
    const at = slot * bigPages.entryBytes
    writePointer(table, at, va + (free ? 1 : 0), width)
    table.writeUInt32LE(key, at + bigPages.key)
    if (bigPages.pages !== null) table.writeUInt32LE(pages, at + bigPages.pages)
    if (bigPages.poolType !== null) table.writeUInt32LE(poolWord(layout, paged), at + bigPages.poolType)
    if (bigPages.bytes !== null) writeWord(table, at + bigPages.bytes, pages * 4096, width)
  }
  // Freed entries first: live ones may take their place, as they do in a table that has been in use for days.
  for (const [index, allocation] of live.entries())
    if (index % 8 === 3 || random.below(10) === 0)
      put({ ...allocation, va: allocation.va + random.between(1, 64) * 4096 }, true)
  for (const allocation of live) put(allocation, false)
}
