import { viewOf } from '../../bytes/view.ts'
import { presenceOf, readPointer } from '../../memory/ranges.ts'
import type { VirtualMemory } from '../../memory/virtual-memory.ts'
import { allocationPointers, type Range } from '../data-pointers.ts'
import { isKernelAddress } from '../kernel-address.ts'
import { type BigPageLayout, bigPageLayoutsFor } from './pool-big-page-layout.ts'
import { type BigPages, judgeEntries, type PagedByAddress, readBigPages } from './pool-big-page-table.ts'
import { readTable } from './pool-table.ts'

export type BigPageSearch =
  | { readonly table: BigPages; readonly reason: null }
  | { readonly table: null; readonly reason: string }

export type BigPageQuery = {
  readonly build: number
  /** Address of the variable PoolTrackTable, around which the table's own variables stand on all builds seen. */
  readonly variable: bigint | null
  /** Table and number of entries, where symbols give them. */
  readonly known?: { readonly address: bigint; readonly entries: number } | null
  /** The kernel's writable sections and its image: searched when nothing is found near the variable. */
  readonly ranges: readonly Range[]
  readonly image: Range
  readonly pagedByAddress: PagedByAddress
}

/** How far the variables of the big-page table stand from PoolTrackTable on any build seen (reference 8.6). */
export const nearBytes = 0x2900
/** How far apart a table's pointer and its size stand: 24 bytes on the builds seen; twice that is allowed. */
const pairBytes = 0x30
const largestEntries = 0x1000000
/** A page of 16-byte entries: what a kernel with little memory begins with (seen on a 128 MB one). */
const fewestEntries = 0x100
/** Pointers followed, and entries read behind them, at most, so that a hostile data section costs little. */
const mostProbes = 4096
const mostEntriesRead = 2 ** 22
const probedEntries = 128
/** In use among the first entries, for a table of which nothing but a pointer is known. */
const fewestLive = 16

/**
 * Finds and reads PoolBigPageTable (reference 8.6, 8.7). By symbols; else by a pair of words near PoolTrackTable that
 * could be its address and its number of entries (a multiple of 4096, or a power of two below it); else by any pointer in the kernel's data, its size
 * then told by how far its entries go. What is believed are the entries: nine tenths of those in use must have a
 * page-aligned kernel address, a size and a printable tag. If two tables are believed neither is used.
 */
export const findBigPages = async (memory: VirtualMemory, query: BigPageQuery): Promise<BigPageSearch> => {
  const budget: Budget = { probes: mostProbes, entries: mostEntriesRead }
  const { known, variable } = query
  if (known != null) {
    const table = await believe(memory, query, known.address, [Math.min(known.entries, largestEntries)], budget)
    if (table !== null) return { table, reason: null }
  }
  const near = variable === null ? [] : await tablesOf(memory, query, await pairsNear(memory, variable), budget)
  const tables = near.length > 0 ? near : await tablesOf(memory, query, await pointersIn(memory, query), budget)
  if (tables.length === 1) return { table: tables[0], reason: null }
  const stopped = isSpent(budget)
    ? ` The search stopped after following ${mostProbes - budget.probes} pointers and reading ${mostEntriesRead - budget.entries} entries.`
    : ''
  return {
    table: null,
    reason:
      tables.length > 1
        ? `At least ${tables.length} different tables look like that of large allocations; none was used.`
        : `No pointer in the kernel\u2019s data leads to a readable table of large allocations.${stopped}`,
  }
}

/** A possible table, and its possible sizes, largest first; null where only its content can tell. */
type Candidate = readonly [address: bigint, sizes: readonly (number | null)[]]
type Budget = { probes: number; entries: number }

const isSpent = ({ probes, entries }: Budget): boolean => probes <= 0 || entries <= 0

/** The tables that are believed, two at most: with a second none is used. */
const tablesOf = async (
  memory: VirtualMemory,
  query: BigPageQuery,
  candidates: Iterable<Candidate>,
  budget: Budget,
): Promise<BigPages[]> => {
  const tables: BigPages[] = []
  for (const [address, sizes] of candidates) {
    if (tables.length > 1 || isSpent(budget)) break
    const table = await believe(memory, query, address, sizes, budget)
    if (table !== null) tables.push(table)
  }
  return tables
}

/** Reads the table with the first size and layout that its content bears out, or null. */
const believe = async (
  memory: VirtualMemory,
  { build, pagedByAddress }: BigPageQuery,
  address: bigint,
  sizes: readonly (number | null)[],
  budget: Budget,
): Promise<BigPages | null> => {
  for (const layout of bigPageLayoutsFor(build, memory.pointerBytes)) {
    budget.probes--
    const start = judgeEntries(await readTable(memory, address, layout.entryBytes, probedEntries), layout)
    if (start.present === 0) return null
    if (!start.plausible) continue
    for (const entries of sizes) {
      if (isSpent(budget)) return null
      budget.probes--
      if (!(await endsWell(memory, layout, address, entries))) continue
      const table = await readBigPages(memory, layout, address, entries, pagedByAddress)
      budget.entries -= table.entries
      if (table.live >= (entries === null ? fewestLive : 1) && table.strange * 10 <= table.live) return table
    }
  }
  return null
}

/** A size too large runs into other data or into nothing: seen at its end, before all of it is read. */
const endsWell = async (
  memory: VirtualMemory,
  layout: BigPageLayout,
  address: bigint,
  entries: number | null,
): Promise<boolean> => {
  if (entries === null || entries <= probedEntries) return true
  const tail = address + BigInt((entries - probedEntries) * layout.entryBytes)
  const { plausible, present } = judgeEntries(await readTable(memory, tail, layout.entryBytes, probedEntries), layout)
  return plausible && present > 0
}

/** Pairs of words near the variable that could be a table's address and size. */
const pairsNear = async (memory: VirtualMemory, variable: bigint): Promise<Candidate[]> => {
  const width = memory.pointerBytes
  const range = await memory.read(variable - BigInt(nearBytes), 2 * nearBytes + width)
  const isPresent = presenceOf(range)
  const view = viewOf(range.bytes)
  const sizeAt = (offset: number): number | null => {
    if (!isPresent(offset, width) || (width === 8 && view.getUint32(offset + 4, true) !== 0)) return null
    const value = view.getUint32(offset, true)
    const isSize = value % 0x1000 === 0 || (value & (value - 1)) === 0
    return isSize && value >= fewestEntries && value < largestEntries ? value : null
  }
  const pairs = new Map<bigint, Set<number>>()
  for (const { offset, address } of allocationPointers(range.bytes, width, 4096, { address: 0n, length: 0 })) {
    const sizes = pairs.get(address) ?? new Set()
    for (let near = offset - pairBytes; near <= offset + pairBytes; near += width) {
      const size = sizeAt(near)
      if (size !== null) sizes.add(size)
    }
    if (sizes.size > 0) pairs.set(address, sizes)
  }
  return [...pairs].map(([address, sizes]) => [address, [...sizes].sort((a, b) => b - a)] as const)
}

/** Every page-aligned pointer in the kernel's data, each once. */
const pointersIn = async (memory: VirtualMemory, { ranges, image }: BigPageQuery): Promise<Candidate[]> => {
  const addresses = new Set<bigint>()
  for (const range of ranges) {
    const { bytes } = await memory.read(range.address, range.length)
    for (const { address } of allocationPointers(bytes, memory.pointerBytes, 4096, image)) {
      if (addresses.size >= mostProbes) break
      addresses.add(address)
    }
  }
  return [...addresses].map((address) => [address, [null]] as const)
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
