import type { Coverage } from '../analysis/analysis.ts'
import { readImage } from '../image/read-image.ts'
import type { Range } from '../kernel/data-pointers.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { BigPages, PagedByAddress } from '../kernel/pools/pool-big-page-table.ts'
import { bigPagesBySymbol, findBigPages } from '../kernel/pools/pool-big-pages.ts'
import { findExpansion, largestExpansion } from '../kernel/pools/pool-expansion.ts'
import { findProcessorTables } from '../kernel/pools/pool-processor-tables.ts'
import { findTracker, type TrackerTable } from '../kernel/pools/pool-tracker.ts'
import { addTable, emptySums, type TagTotals, type TrackerSums, totalsOf } from '../kernel/pools/pool-tracker-sums.ts'
import { findSessionTracker } from '../kernel/pools/session-pool.ts'
import { placeOf, type Variables } from '../kernel/reading.ts'
import { readPointer } from '../memory/ranges.ts'
import type { ResolveSymbol } from '../symbols/resolve.ts'
import { largeBytesTracked } from './agreement.ts'
import { contradictions, overflowed, sumTables } from './sum-tables.ts'

/** What the kernel's own pool accounting says: the tracker summed over its tables, and the table of large blocks. */
export type PoolAccounting = {
  /** Null when no tracker could be used; `coverage` says why. */
  readonly totals: readonly TagTotals[] | null
  /** Part of the accounting is missing, so every figure of `totals` is "at least". */
  readonly lowerBound: boolean
  /** Whole processors' tables are missing: a block freed on one of them still counts, so figures may err either way. */
  readonly partial: boolean
  readonly big: BigPages | null
  /** One session's pool, which the tracker does not count; null when its own tracker was not found. */
  readonly session: { readonly totals: readonly TagTotals[]; readonly process: string | null } | null
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
  const data = await kernelData(kernel)
  const place = placeOf({ kernel, resolveSymbol }, 'PoolTrackTable')
  if (typeof place === 'string') return withoutTracker(place, await largeAllocations(kernel, resolveSymbol, data, null))
  const big = await largeAllocations(kernel, resolveSymbol, data, place.address)
  const address = await readPointer(memory, place.address)
  if (address === null) return withoutTracker(`${place.source}: not in the dump.`, big)
  const entries = await symbolValue(kernel, resolveSymbol, 'PoolTrackTableSize')
  const { tracker, reason } = await findTracker(memory, { address, build, entries })
  if (tracker === null) return withoutTracker(reason, big)
  const processorTables = await findProcessorTables(memory, {
    ...data,
    tracker: tracker.table,
    variable: place.address,
    processors,
    array: resolveSymbol('ExPoolTagTables'),
  })
  const summed = await sumTables(kernel.memory, tracker, processorTables, processors)
  const expansion = await readExpansion(kernel, resolveSymbol, tracker, place.address, data.image)
  const totals = totalsOf(summed.sums, ...expansion.sums)
  const session = await sessionPool({ kernel, resolveSymbol }, data, tracker.table)
  const notes = [...summed.notes, ...expansion.notes, ...overflowed(totals), ...contradictions(totals)]
  return {
    // A tracker that only holds the tags, its counts elsewhere, says nothing.
    totals: totals.length === 0 ? null : totals,
    partial: summed.partial,
    lowerBound: notes.length > 0 || tracker.sizedBy === 'at-least',
    big: big.big,
    session: session.session,
    coverage: [
      trackerCoverage(tracker),
      { area: 'per-processor pool tables', ...summed.bytes, note: [processorTables.note, ...notes].join(' ') },
      ...crossChecked(big, totals),
      session.coverage,
    ],
    evidence: [
      `${place.source}, points at 0x${address.toString(16)}.`,
      tracker.evidence,
      processorTables.note,
      ...notes,
    ],
  }
}

/** What one session has in its own pool: others have theirs, and the machine's tracker counts none of it. */
const sessionPool = async (
  variables: Variables,
  { ranges }: KernelData,
  machine: TrackerTable['table'],
): Promise<{ session: PoolAccounting['session']; coverage: Coverage }> => {
  const { found, note } = await findSessionTracker(variables, ranges, machine)
  const area = 'session pool'
  if (found === null) return { session: null, coverage: { area, wantedBytes: 0, readBytes: 0, note } }
  const { table, layout } = found.tracker
  const sums = emptySums(table, layout, true)
  addTable(sums, table)
  const others = 'Other sessions have pool of their own, which was not read.'
  const through = found.process === null ? '' : ` It was read through the page tables of ${found.process}.`
  return {
    session: { totals: totalsOf(sums), process: found.process },
    coverage: {
      area,
      wantedBytes: table.entries * table.entryBytes,
      readBytes: table.readBytes,
      note: `${note}${through} ${others}`,
    },
  }
}

/** Two accounts of the same blocks: how far they agree is said with the one that was looked up. */
const crossChecked = ({ big, coverage }: LargeAllocations, totals: readonly TagTotals[]): readonly Coverage[] => {
  if (big === null || totals.length === 0) return coverage
  const percent = (Math.floor(largeBytesTracked(totals, big) * 1000) / 10).toFixed(1)
  return coverage.map((entry) => ({
    ...entry,
    note: `${entry.note} The tracker counts ${percent} % of these bytes too.`,
  }))
}

const withoutTracker = (reason: string, { big, coverage }: LargeAllocations): PoolAccounting => ({
  totals: null,
  lowerBound: true,
  partial: true,
  big,
  session: null,
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

/** nt's writable sections are a few MiB together; an image that claims more is not searched to its end. */
const mostSearchedBytes = 32 * 1024 * 1024

/** Where the kernel's own variables may be, and where they are not. */
type KernelData = { readonly ranges: readonly Range[]; readonly image: Range }

/** The kernel's writable sections; where its headers are absent, as much of the image as nt's data could fill. */
const kernelData = async (kernel: Kernel): Promise<KernelData> => {
  const nt = kernel.modules.at(0)
  if (nt === undefined) return { ranges: [], image: { address: 0n, length: 0 } }
  const image = { address: nt.base, length: nt.size }
  const headers = await readImage(kernel.memory, nt.base)
  if (headers === null) return { ranges: [{ ...image, length: Math.min(nt.size, mostSearchedBytes) }], image }
  let left = mostSearchedBytes
  const ranges: Range[] = []
  for (const { rva, virtualSize } of headers.sections.filter(({ writable }) => writable)) {
    const length = Math.min(virtualSize, left)
    left -= length
    if (length > 0) ranges.push({ address: nt.base + BigInt(rva), length })
  }
  return { ranges, image }
}

/** The table of tags that found no room in PoolTrackTable, by symbols or by its content. */
const readExpansion = async (
  kernel: Kernel,
  resolve: ResolveSymbol,
  { table: tracker, layout }: TrackerTable,
  variable: bigint,
  image: Range,
): Promise<{ sums: TrackerSums[]; notes: string[] }> => {
  const known = await expansionBySymbol(kernel, resolve)
  const { table, missing } = await findExpansion(kernel.memory, { tracker, layout, variable, image, known })
  const notes = missing === null ? [] : [missing]
  if (table === null) return { sums: [], notes }
  const sums = emptySums(table, layout, false)
  addTable(sums, table)
  return { sums: [sums], notes }
}

/** Null when symbols do not say, or say what cannot be. */
const expansionBySymbol = async (
  kernel: Kernel,
  resolve: ResolveSymbol,
): Promise<{ address: bigint; entries: number } | 'none' | null> => {
  const variable = resolve('PoolTrackTableExpansion')
  const address = variable === null ? null : await readPointer(kernel.memory, variable)
  const entries = await symbolValue(kernel, resolve, 'PoolTrackTableExpansionSize')
  if (address === 0n) return 'none'
  if (address === null || entries === null || entries === 0 || entries > largestExpansion) return null
  return { address, entries }
}

type LargeAllocations = { readonly big: BigPages | null; readonly coverage: readonly Coverage[] }

const largeAllocations = async (
  kernel: Kernel,
  resolve: ResolveSymbol,
  data: KernelData,
  variable: bigint | null,
): Promise<LargeAllocations> => {
  const { memory, build } = kernel
  const known = await bigPagesBySymbol(memory, resolve('PoolBigPageTable'), resolve('PoolBigPageTableSize'))
  const pagedByAddress = await pagedPoolTest(kernel, resolve)
  const { table, reason } = await findBigPages(memory, { ...data, build, variable, known, pagedByAddress })
  const area = 'table of large pool allocations'
  if (table === null) return { big: null, coverage: [{ area, wantedBytes: 0, readBytes: 0, note: reason }] }
  const note = [
    `${table.live} allocations of a page or more, ${table.liveBytes} bytes (${table.layout.name}).`,
    ...(table.sizeKnown ? [] : ['The table\u2019s size is not known: it was read as far as its entries go.']),
  ]
  return {
    big: table,
    coverage: [{ area, wantedBytes: table.wantedBytes, readBytes: table.readBytes, note: note.join(' ') }],
  }
}

/**
 * Before Vista only a large block's address tells paged from non-paged: paged pool is one range. Session space has pool
 * of its own, of which nothing is said here; where a range is unknown so is the answer.
 */
const pagedPoolTest = async (kernel: Kernel, resolve: ResolveSymbol): Promise<PagedByAddress> => {
  const variable = async (name: string): Promise<bigint> => {
    const place = placeOf({ kernel, resolveSymbol: resolve }, name)
    return (typeof place === 'string' ? null : await readPointer(kernel.memory, place.address)) ?? 0n
  }
  const [start, end] = [await variable('MmPagedPoolStart'), await variable('MmPagedPoolEnd')]
  const [session, sessionBytes] = [await variable('MmSessionBase'), await variable('MmSessionSize')]
  if (start === 0n || end <= start) return () => null
  return (address) => {
    if (address >= start && address <= end) return true
    return sessionBytes > 0n && (address < session || address >= session + sessionBytes) ? false : null
  }
}
