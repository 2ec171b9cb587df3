import type { VirtualMemory } from '../../memory/virtual-memory.ts'
import { isKernelAddress } from '../kernel-address.ts'
import { type BigPageLayout, pagedOf } from './pool-big-page-layout.ts'
import { readTable, signed64, type Table } from './pool-table.ts'
import { isPrintableKey, plainKey } from './pool-tag.ts'

/** One allocation of a page or more. */
export type BigPage = {
  readonly address: bigint
  readonly key: number
  readonly bytes: number
  readonly paged: boolean | null
}

/** One tag's entries: paged ones, non-paged ones, and those of which it is not known. */
export type BigPageTotals = { nonPaged: BigPoolTotals; paged: BigPoolTotals; unknown: BigPoolTotals }
export type BigPoolTotals = { blocks: number; bytes: number }

/** What PoolBigPageTable holds (reference 8.7). */
export type BigPages = {
  readonly layout: BigPageLayout
  readonly address: bigint
  readonly entries: number
  /** Whether `entries` is known, or only how far the entries go. */
  readonly sizeKnown: boolean
  readonly wantedBytes: number
  readonly readBytes: number
  readonly live: number
  readonly liveBytes: number
  /** Entries in use that do not look like an allocation. */
  readonly strange: number
  /** The largest, biggest first. */
  readonly largest: readonly BigPage[]
  readonly byKey: ReadonlyMap<number, BigPageTotals>
  readonly pagedByAddress: PagedByAddress
}

/** Tells paged from non-paged by the address, for layouts whose entries do not say; null when that is not known. */
export type PagedByAddress = (address: bigint) => boolean | null

/** 2^20 entries are at least 4 GiB of allocations; a larger table is read to there. */
const mostEntries = 2 ** 20
const chunkEntries = 4096
const keptAllocations = 64

/**
 * Reads a table of so many entries, or with `entries` null as far as its entries look like allocations: memory that was
 * never written does no harm, anything else ends it. An address seen before ends it too: no two blocks share one. With a
 * tag's key as `listed` the list of the largest holds that tag's alone.
 */
export const readBigPages = async (
  memory: VirtualMemory,
  layout: BigPageLayout,
  address: bigint,
  entries: number | null,
  pagedByAddress: PagedByAddress,
  listed: number | null = null,
): Promise<BigPages> => {
  const byKey = new Map<number, BigPageTotals>()
  const largest: BigPage[] = []
  let [readBytes, live, liveBytes, strange, first] = [0, 0, 0, 0, 0]
  const seen = new Set<bigint>()
  const end = Math.min(entries ?? mostEntries, mostEntries)
  for (; first < end; first += chunkEntries) {
    const count = Math.min(chunkEntries, end - first)
    const table = await readTable(memory, address + BigInt(first * layout.entryBytes), layout.entryBytes, count)
    const judged = judgeEntries(table, layout)
    if (entries === null && (!judged.plausible || judged.present * 2 < count || repeats(table, layout, seen))) break
    readBytes += table.readBytes
    strange += judged.live - judged.good
    for (const page of allocations(table, layout, pagedByAddress)) {
      live++
      liveBytes += page.bytes
      addToTag(byKey, page)
      if (listed !== null && page.key !== listed) continue
      if (largest.length < keptAllocations || page.bytes > largest[keptAllocations - 1].bytes)
        keepLargest(largest, page)
    }
  }
  const size = entries ?? first
  const wantedBytes = size * layout.entryBytes
  return {
    layout,
    address,
    entries: size,
    sizeKnown: entries !== null,
    wantedBytes,
    readBytes,
    live,
    liveBytes,
    strange,
    largest,
    byKey,
    pagedByAddress,
  }
}

/** Every entry in use of a table that was found, in the table's order. What is not in the dump is left out. */
export async function* eachBigPage(
  memory: VirtualMemory,
  { layout, address, entries, pagedByAddress }: Pick<BigPages, 'layout' | 'address' | 'entries' | 'pagedByAddress'>,
): AsyncGenerator<BigPage> {
  const end = Math.min(entries, mostEntries)
  for (let first = 0; first < end; first += chunkEntries) {
    const count = Math.min(chunkEntries, end - first)
    const table = await readTable(memory, address + BigInt(first * layout.entryBytes), layout.entryBytes, count)
    yield* allocations(table, layout, pagedByAddress)
  }
}

/** How many entries are there, how many of them in use, and whether nine tenths of those could be allocations. */
export const judgeEntries = (table: Table, layout: BigPageLayout) => {
  let [present, live, good] = [0, 0, 0]
  for (let entry = 0; entry < table.entries; entry++) {
    if (table.present[entry] === 0) continue
    present++
    const at = entry * layout.entryBytes
    if (isFree(table.view, at)) continue
    live++
    if (isAllocation(table.view, at, layout) && isPrintableKey(table.view.getUint32(at + layout.key, true))) good++
  }
  return { present, live, good, plausible: good * 10 >= live * 9 }
}

/** The entries in use. An unprintable tag is odd, yet a tag; an impossible address or size is no allocation. */
function* allocations(table: Table, layout: BigPageLayout, pagedByAddress: PagedByAddress): Generator<BigPage> {
  for (let entry = 0; entry < table.entries; entry++) {
    const at = entry * layout.entryBytes
    if (table.present[entry] === 0 || isFree(table.view, at) || !isAllocation(table.view, at, layout)) continue
    const address = addressOf(table.view, at, layout)
    yield {
      address,
      key: plainKey(table.view.getUint32(at + layout.key, true)),
      bytes: sizeOf(table.view, at, layout),
      paged: layout.pool === null ? pagedByAddress(address) : pagedOf(layout, table.view, at),
    }
  }
}

const repeats = (table: Table, layout: BigPageLayout, seen: Set<bigint>): boolean => {
  for (const { address } of allocations(table, layout, () => null)) {
    if (seen.has(address)) return true
    seen.add(address)
  }
  return false
}

/** Bit 0 set: free. All zero: never used. */
const isFree = (view: DataView, at: number): boolean => {
  const low = view.getUint32(at, true)
  return (low & 1) === 1 || low === 0
}

const isAllocation = (view: DataView, at: number, layout: BigPageLayout): boolean => {
  const bytes = sizeOf(view, at, layout)
  return (
    (view.getUint32(at, true) & 0xfff) === 0 &&
    bytes > 0 &&
    bytes < 2 ** 42 &&
    isKernelAddress(addressOf(view, at, layout), layout.pointerBytes)
  )
}

const addressOf = (view: DataView, at: number, layout: BigPageLayout): bigint =>
  layout.pointerBytes === 4 ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true)

const sizeOf = (view: DataView, at: number, { size }: BigPageLayout): number =>
  (size.bytes === 4 ? view.getUint32(at + size.offset, true) : signed64(view, at + size.offset)) * size.unit

const addToTag = (byKey: Map<number, BigPageTotals>, { key, bytes, paged }: BigPage): void => {
  const none = { blocks: 0, bytes: 0 }
  const totals = byKey.get(key) ?? { nonPaged: { ...none }, paged: { ...none }, unknown: { ...none } }
  const pool = paged === null ? totals.unknown : paged ? totals.paged : totals.nonPaged
  pool.blocks++
  pool.bytes += bytes
  byKey.set(key, totals)
}

/** Keeps the list sorted, biggest first; the earlier entry first among equals. */
const keepLargest = (largest: BigPage[], page: BigPage): void => {
  const position = largest.findIndex(({ bytes }) => page.bytes > bytes)
  largest.splice(position < 0 ? largest.length : position, 0, page)
  if (largest.length > keptAllocations) largest.pop()
}
