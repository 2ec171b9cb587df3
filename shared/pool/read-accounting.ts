import type { Coverage } from '../analysis/analysis.ts'
import { readImage } from '../image/read-image.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { type BigPages, bigPagesBySymbol, findBigPages } from '../kernel/pool-big-pages.ts'
import { findProcessorTables, type ProcessorTables, type Range } from '../kernel/pool-processor-tables.ts'
import { readTable } from '../kernel/pool-table.ts'
import { findTracker, type TrackerTable } from '../kernel/pool-tracker.ts'
import { addTable, emptySums, type TagTotals, type TrackerSums, totalsOf } from '../kernel/pool-tracker-sums.ts'
import { placeOf } from '../kernel/reading.ts'
import { readPointer } from '../memory/ranges.ts'
import type { ResolveSymbol } from '../symbols/resolve.ts'
import { contradictions, sumTables } from './sum-tables.ts'

/** What the kernel's own pool accounting says: the tracker summed over its tables, and the table of large blocks. */
export type PoolAccounting = {
  /** Null when no tracker could be used; `coverage` says why. */
  readonly totals: readonly TagTotals[] | null
  /** Part of the accounting is missing, so every figure of `totals` is "at least". */
  readonly lowerBound: boolean
  /** Whole processors' tables are missing: a block freed on one of them still counts, so figures may err either way. */
  readonly partial: boolean
  readonly big: BigPages | null
  readonly coverage: readonly Coverage[]
  /** How the tables were found, sentence by sentence. */
  readonly evidence: readonly string[]
}

/** Reads a few MiB, whatever the dump's size. `processors` is what the dump's header says; null when it does not. */
export const readAccounting = async (
  kernel: Kernel,
  resolveSymbol: ResolveSymbol,
  processors: number | null,
): Promise<PoolAccounting> => {
  const { memory, build } = kernel
  const place = placeOf({ kernel, resolveSymbol }, 'PoolTrackTable')
  if (typeof place === 'string') return withoutTracker(place, await readBigPages(kernel, resolveSymbol, null))
  const big = await readBigPages(kernel, resolveSymbol, place.address)
  const address = await readPointer(memory, place.address)
  if (address === null) return withoutTracker(`${place.source}: not in the dump.`, big)
  const entries = await symbolValue(kernel, resolveSymbol, 'PoolTrackTableSize')
  const { tracker, reason } = await findTracker(memory, { address, build, entries })
  if (tracker === null) return withoutTracker(reason, big)
  const processorTables = await searchProcessorTables(kernel, resolveSymbol, tracker, place.address, processors)
  const summed = await sumTables(kernel.memory, tracker, processorTables, processors)
  const expansion = await readExpansion(kernel, resolveSymbol, tracker)
  const totals = totalsOf(summed.sums, ...expansion.sums)
  const notes = [...summed.notes, ...expansion.notes, ...contradictions(totals)]
  return {
    // A tracker that only holds the tags, its counts elsewhere, says nothing.
    totals: totals.length === 0 ? null : totals,
    partial: summed.partial,
    lowerBound: notes.length > 0 || tracker.sizedBy === 'at-least',
    big: big.big,
    coverage: [
      trackerCoverage(tracker),
      { area: 'per-processor pool tables', ...summed.bytes, note: [processorTables.note, ...notes].join(' ') },
      ...big.coverage,
    ],
    evidence: [
      `${place.source}, points at 0x${address.toString(16)}.`,
      tracker.evidence,
      processorTables.note,
      ...notes,
    ],
  }
}

const withoutTracker = (reason: string, { big, coverage }: LargeAllocations): PoolAccounting => ({
  totals: null,
  lowerBound: true,
  partial: true,
  big,
  coverage: [{ area: 'pool tracker', wantedBytes: 0, readBytes: 0, note: reason }, ...coverage],
  evidence: [reason],
})

const trackerCoverage = ({ table, sizedBy }: TrackerTable): Coverage => ({
  area: 'pool tracker',
  wantedBytes: table.entries * table.entryBytes,
  readBytes: table.readBytes,
  ...(sizedBy === 'at-least'
    ? { note: 'The table\u2019s end was not recognised; tags beyond what was read are missing.' }
    : {}),
})

const symbolValue = async (kernel: Kernel, resolve: ResolveSymbol, name: string): Promise<number | null> => {
  const address = resolve(name)
  const value = address === null ? null : await readPointer(kernel.memory, address)
  return value === null || value > 0xffffffffn ? null : Number(value)
}

const mostSearchedBytes = 32 * 1024 * 1024

/** The kernel's writable sections; where its headers are absent, as much of the image as nt's data could fill. */
const writableRanges = async (kernel: Kernel): Promise<Range[]> => {
  const nt = kernel.modules.at(0)
  if (nt === undefined) return []
  const image = await readImage(kernel.memory, nt.base)
  if (image === null) return [{ address: nt.base, length: Math.min(nt.size, mostSearchedBytes) }]
  return image.sections
    .filter(({ writable }) => writable)
    .map(({ rva, virtualSize }) => ({
      address: nt.base + BigInt(rva),
      length: Math.min(virtualSize, mostSearchedBytes),
    }))
}

const searchProcessorTables = async (
  kernel: Kernel,
  resolve: ResolveSymbol,
  { table }: TrackerTable,
  variable: bigint,
  processors: number | null,
): Promise<ProcessorTables> => {
  const nt = kernel.modules.at(0)
  return findProcessorTables(kernel.memory, {
    tracker: table,
    variable,
    processors,
    ranges: await writableRanges(kernel),
    image: { address: nt?.base ?? 0n, length: nt?.size ?? 0 },
    array: resolve('ExPoolTagTables'),
  })
}

const largestExpansion = 2 ** 17

/** PoolTrackTableExpansion: a second table in use when the first is full; only symbols name it (reference 8.5). */
const readExpansion = async (
  kernel: Kernel,
  resolve: ResolveSymbol,
  { table, layout }: TrackerTable,
): Promise<{ sums: TrackerSums[]; notes: string[] }> => {
  const address = await symbolPointer(kernel, resolve, 'PoolTrackTableExpansion')
  const entries = await symbolValue(kernel, resolve, 'PoolTrackTableExpansionSize')
  if (address === null || entries === null || entries === 0 || entries > largestExpansion)
    return { sums: [], notes: [] }
  const read = await readTable(kernel.memory, address, table.entryBytes, entries)
  const sums = emptySums(read, layout, false)
  const { absent } = addTable(sums, read)
  return {
    sums: [sums],
    notes: absent > 0 ? [`${absent} of ${entries} rows of the expansion table were not in the dump.`] : [],
  }
}

const symbolPointer = async (kernel: Kernel, resolve: ResolveSymbol, name: string): Promise<bigint | null> => {
  const variable = resolve(name)
  const address = variable === null ? null : await readPointer(kernel.memory, variable)
  return address === 0n ? null : address
}

type LargeAllocations = { readonly big: BigPages | null; readonly coverage: readonly Coverage[] }

const readBigPages = async (
  kernel: Kernel,
  resolve: ResolveSymbol,
  variable: bigint | null,
): Promise<LargeAllocations> => {
  const { memory, build } = kernel
  const known = await bigPagesBySymbol(memory, resolve('PoolBigPageTable'), resolve('PoolBigPageTableSize'))
  const { table, reason } = await findBigPages(memory, { build, variable, known })
  const area = 'table of large pool allocations'
  if (table === null) return { big: null, coverage: [{ area, wantedBytes: 0, readBytes: 0, note: reason }] }
  const note = `${table.live} allocations of a page or more, ${table.liveBytes} bytes (${table.layout.name}).`
  return { big: table, coverage: [{ area, wantedBytes: table.wantedBytes, readBytes: table.readBytes, note }] }
}
