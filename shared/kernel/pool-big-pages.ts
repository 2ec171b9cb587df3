import { viewOf } from '../bytes/view.ts'
import { presenceOf, readPointer } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { isKernelAddress } from './kernel-address.ts'
import { type BigPageLayout, bigPageLayoutsFor, pagedOf } from './pool-big-page-layout.ts'
import { readTable, signed64, type Table } from './pool-table.ts'
import { isPrintableKey, plainKey } from './pool-tag.ts'

/** One allocation of a page or more. */
export type BigPage = {
  readonly address: bigint
  readonly key: number
  readonly bytes: number
  readonly paged: boolean | null
}

/** One tag's entries: paged ones, non-paged ones, and those that do not say which. */
export type BigPageTotals = { nonPaged: BigPoolTotals; paged: BigPoolTotals; unknown: BigPoolTotals }
export type BigPoolTotals = { blocks: number; bytes: number }

export type BigPages = {
  readonly layout: BigPageLayout
  readonly address: bigint
  readonly entries: number
  readonly wantedBytes: number
  readonly readBytes: number
  readonly live: number
  readonly liveBytes: number
  /** Entries in use that do not look like an allocation. */
  readonly strange: number
  /** The largest, biggest first. */
  readonly largest: readonly BigPage[]
  readonly byKey: ReadonlyMap<number, BigPageTotals>
}
export type BigPageSearch =
  | { readonly table: BigPages; readonly reason: null }
  | { readonly table: null; readonly reason: string }

export type BigPageQuery = {
  readonly build: number
  /** Address of the variable PoolTrackTable, around which the table's own variables stand. */
  readonly variable: bigint | null
  /** Table and number of entries, where symbols give them. */
  readonly known?: { readonly address: bigint; readonly entries: number } | null
}

/** How far the variables of the big-page table stand from PoolTrackTable on any build seen (reference 8.6). */
const searchedBytes = 0x2900
/** How far apart a table's pointer and its size stand: 24 bytes on the builds seen; twice that is allowed. */
const pairBytes = 0x30
const largestEntries = 0x1000000
/** Entries looked at to judge a candidate, and entries read at most (2^20 of them are 4 GiB of one-page blocks). */
const judgedEntries = 4096
const readEntries = 2 ** 20
const keptAllocations = 64
/** Candidates read in full at most (256 KiB each), so that a hostile data section costs little. */
const mostTests = 256

/**
 * Finds and reads PoolBigPageTable (reference 8.6, 8.7). Without symbols every pair of words around PoolTrackTable is
 * tried that could be the table's address (page-aligned and mapped) and its number of entries (a multiple of 4096), and
 * believed when the entries are: at least nine tenths of the live ones have a page-aligned kernel address and a
 * printable tag. Of several sizes the largest that still holds is taken.
 */
export const findBigPages = async (memory: VirtualMemory, query: BigPageQuery): Promise<BigPageSearch> => {
  const layouts = bigPageLayoutsFor(query.build, memory.pointerBytes)
  const budget = { tests: mostTests }
  if (query.known != null) {
    const { address, entries } = query.known
    const table = await believe(memory, layouts, address, [Math.min(entries, largestEntries)], budget)
    if (table !== null) return { table, reason: null }
  }
  if (query.variable === null) return { table: null, reason: 'PoolTrackTable, near which it would be, is not known.' }
  const believed: BigPages[] = []
  for (const [address, sizes] of await candidatePairs(memory, query.variable)) {
    const table = await believe(memory, layouts, address, sizes, budget)
    if (table !== null) believed.push(table)
  }
  if (believed.length === 1) return { table: believed[0], reason: null }
  return {
    table: null,
    reason:
      believed.length > 1
        ? `${believed.length} different tables near PoolTrackTable look like it; none was used.`
        : 'No pair of words near PoolTrackTable leads to a readable table of large allocations.',
  }
}

/** Reads the table with the first size and layout that its content bears out, or null. */
const believe = async (
  memory: VirtualMemory,
  layouts: readonly BigPageLayout[],
  address: bigint,
  sizes: readonly number[],
  budget: { tests: number },
): Promise<BigPages | null> => {
  for (const layout of layouts) {
    const start = judge(await readTable(memory, address, layout.entryBytes, 128), layout)
    if (start.present === 0) return null
    if (!start.plausible) continue
    for (const entries of sizes) {
      if (budget.tests-- <= 0) return null
      if (!(await fits(memory, layout, address, entries))) continue
      const table = await readAll(memory, layout, address, entries)
      if (table.strange * 10 <= table.live) return table
    }
  }
  return null
}

/** Possible tables near the variable, each with its possible sizes, largest first. */
const candidatePairs = async (memory: VirtualMemory, variable: bigint): Promise<Map<bigint, number[]>> => {
  const width = memory.pointerBytes
  const start = variable - BigInt(searchedBytes)
  const range = await memory.read(start, 2 * searchedBytes + width)
  const { bytes } = range
  const isPresent = presenceOf(range)
  const view = viewOf(bytes)
  const word = (offset: number) =>
    width === 4 ? BigInt(view.getUint32(offset, true)) : view.getBigUint64(offset, true)
  const isSize = (value: bigint) => value !== 0n && value % 0x1000n === 0n && value < BigInt(largestEntries)
  const pairs = new Map<bigint, number[]>()
  for (let offset = 0; offset + width <= bytes.length; offset += width) {
    const address = word(offset)
    if (address % 4096n !== 0n || !isKernelAddress(address, width) || !isPresent(offset, width)) continue
    const sizes = new Set(pairs.get(address))
    for (
      let near = Math.max(0, offset - pairBytes);
      near <= offset + pairBytes && near + width <= bytes.length;
      near += width
    )
      if (near !== offset && isPresent(near, width) && isSize(word(near))) sizes.add(Number(word(near)))
    if (sizes.size > 0)
      pairs.set(
        address,
        [...sizes].sort((a, b) => b - a),
      )
  }
  return pairs
}

/** Judges the first and the last entries: a size too large runs into other data, a wrong layout fails at once. */
const fits = async (memory: VirtualMemory, layout: BigPageLayout, address: bigint, entries: number) => {
  const judged = Math.min(entries, judgedEntries)
  const first = judge(await readTable(memory, address, layout.entryBytes, judged), layout)
  if (first.live < 4 || !first.plausible || first.present * 2 < judged) return false
  if (judged === entries) return true
  const tailAddress = address + BigInt((entries - judged) * layout.entryBytes)
  const tail = judge(await readTable(memory, tailAddress, layout.entryBytes, judged), layout)
  return tail.plausible && tail.present > 0
}

const judge = (table: Table, layout: BigPageLayout): { present: number; live: number; plausible: boolean } => {
  let present = 0
  let live = 0
  let good = 0
  for (let entry = 0; entry < table.entries; entry++) {
    if (table.present[entry] === 0) continue
    present++
    const at = entry * layout.entryBytes
    if (isFree(table.view, at)) continue
    live++
    if (isPlausible(table.view, at, layout)) good++
  }
  return { present, live, plausible: good * 10 >= live * 9 }
}

const isPlausible = (view: DataView, at: number, layout: BigPageLayout): boolean =>
  (view.getUint32(at, true) & 0xfff) === 0 &&
  isKernelAddress(addressOf(view, at, layout), layout.pointerBytes) &&
  isPrintableKey(view.getUint32(at + layout.key, true)) &&
  plausibleSize(sizeOf(view, at, layout))

/** Bit 0 set: free. All zero: never used. */
const isFree = (view: DataView, at: number): boolean => {
  const low = view.getUint32(at, true)
  return (low & 1) === 1 || low === 0
}

const addressOf = (view: DataView, at: number, layout: BigPageLayout): bigint =>
  layout.pointerBytes === 4 ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true)

const sizeOf = (view: DataView, at: number, { size }: BigPageLayout): number =>
  (size.bytes === 4 ? view.getUint32(at + size.offset, true) : signed64(view, at + size.offset)) * size.unit

const plausibleSize = (bytes: number): boolean => bytes > 0 && bytes < 2 ** 42

const readAll = async (
  memory: VirtualMemory,
  layout: BigPageLayout,
  address: bigint,
  entries: number,
): Promise<BigPages> => {
  const byKey = new Map<number, BigPageTotals>()
  const largest: BigPage[] = []
  let readBytes = 0
  let live = 0
  let liveBytes = 0
  let strange = 0
  const end = Math.min(entries, readEntries)
  for (let first = 0; first < end; first += 65536) {
    const count = Math.min(65536, end - first)
    const table = await readTable(memory, address + BigInt(first * layout.entryBytes), layout.entryBytes, count)
    readBytes += table.readBytes
    for (let entry = 0; entry < count; entry++) {
      const at = entry * layout.entryBytes
      if (table.present[entry] === 0 || isFree(table.view, at)) continue
      const bytes = sizeOf(table.view, at, layout)
      // An unprintable tag is odd, yet a tag; an impossible address or size is no allocation.
      if (!isPlausible(table.view, at, layout)) strange++
      if (!plausibleSize(bytes) || !isKernelAddress(addressOf(table.view, at, layout), layout.pointerBytes)) continue
      live++
      liveBytes += bytes
      const key = plainKey(table.view.getUint32(at + layout.key, true))
      const paged = pagedOf(layout, table.view, at)
      addToTag(byKey, key, bytes, paged)
      if (largest.length < keptAllocations || bytes > largest[keptAllocations - 1].bytes)
        keepLargest(largest, { address: addressOf(table.view, at, layout), key, bytes, paged })
    }
  }
  return {
    layout,
    address,
    entries,
    wantedBytes: entries * layout.entryBytes,
    readBytes,
    live,
    liveBytes,
    strange,
    largest,
    byKey,
  }
}

const addToTag = (byKey: Map<number, BigPageTotals>, key: number, bytes: number, paged: boolean | null): void => {
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

/** The table's address and size by symbols: PoolBigPageTable and PoolBigPageTableSize are variables. */
export const bigPagesBySymbol = async (
  memory: VirtualMemory,
  table: bigint | null,
  size: bigint | null,
): Promise<BigPageQuery['known']> => {
  if (table === null || size === null) return null
  const address = await readPointer(memory, table)
  const entries = await readPointer(memory, size)
  if (address === null || entries === null || entries === 0n || entries > BigInt(largestEntries)) return null
  return isKernelAddress(address, memory.pointerBytes) ? { address, entries: Number(entries) } : null
}
