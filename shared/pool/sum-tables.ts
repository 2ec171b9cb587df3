import { mostProcessors, type ProcessorTables } from '../kernel/pools/pool-processor-tables.ts'
import { readTable, type Table } from '../kernel/pools/pool-table.ts'
import { overflowKey } from '../kernel/pools/pool-tag.ts'
import type { TrackerTable } from '../kernel/pools/pool-tracker.ts'
import { addTable, emptySums, type TagTotals, type TrackerSums, totalsOf } from '../kernel/pools/pool-tracker-sums.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'

export type Summed = {
  readonly sums: TrackerSums
  readonly partial: boolean
  readonly bytes: { readonly wantedBytes: number; readonly readBytes: number }
  /** Sentences; any of them makes the figures lower bounds. */
  readonly notes: readonly string[]
}

/**
 * Adds up the processors' tables (reference 8.5). Where none were found PoolTrackTable stands alone: the whole account
 * on one processor before Windows 10, one processor's share of it elsewhere.
 */
export const sumTables = async (
  memory: VirtualMemory,
  { table, layout }: TrackerTable,
  found: ProcessorTables,
  processors: number | null,
): Promise<Summed> => {
  const sums = emptySums(table, layout, true)
  const tableBytes = table.entries * table.entryBytes
  let readBytes = 0
  let absent = 0
  let foreign = 0
  const add = (read: Table) => {
    const left = addTable(sums, read)
    readBytes += read.readBytes
    absent += left.absent
    foreign += left.foreign
  }
  if (!found.found) add(table)
  for (const address of found.tables)
    add(address === table.address ? table : await readTable(memory, address, table.entryBytes, table.entries))
  const wantedTables = Math.max(Math.min(processors ?? 1, mostProcessors), found.tables.length, 1)
  const missing = wantedTables - Math.max(found.tables.length, 1)
  const notes = [
    ...(processors === null && !found.found
      ? ['The dump does not say how many processors there were; PoolTrackTable is counted alone.']
      : []),
    ...(missing > 0
      ? [
          `${missing} of ${wantedTables} processors\u2019 tables are missing from the sums${found.absent > 0 ? `, ${found.absent} of them because they are not in the dump` : ''}; what was allocated on one processor and freed on another is then not balanced.`,
        ]
      : []),
    ...(absent > 0 ? [`${absent} rows were not in the dump.`] : []),
    ...(foreign > 0
      ? [`${foreign} rows held another tag than PoolTrackTable\u2019s, or none, and were left out.`]
      : []),
    ...(!found.found && missing <= 0 && totalsOf(sums).length === 0
      ? ['PoolTrackTable holds the tags and no counts: they are kept elsewhere.']
      : []),
  ]
  return { sums, partial: missing > 0, bytes: { wantedBytes: wantedTables * tableBytes, readBytes }, notes }
}

/** Beyond this share of all bytes the tags that share the overflow row are missed where they belong. [I] */
const tolerableOverflow = 0.01

/** What the overflow row counts belongs to tags of which nothing else is known: any of them may hold more. */
export const overflowed = (totals: readonly TagTotals[]): string[] => {
  const bytesOf = ({ nonPaged, paged }: TagTotals): number => nonPaged.bytes + paged.bytes
  const row = totals.find(({ key }) => key === overflowKey)
  const bytes = row === undefined ? 0 : bytesOf(row)
  const all = totals.reduce((sum, tag) => sum + bytesOf(tag), 0)
  return bytes > tolerableOverflow * all
    ? [`${bytes} bytes stand in the overflow row Ovfl: they belong to tags that found no row of their own.`]
    : []
}

const tolerableClampedBytes = 1024 * 1024

/** A sum that comes out below zero by more than a few blocks under way means that something was not counted. */
export const contradictions = (totals: readonly TagTotals[]): string[] => {
  const clamped = totals.filter(({ nonPaged, paged }) => nonPaged.clamped + paged.clamped > tolerableClampedBytes)
  return clamped.length === 0
    ? []
    : [`${clamped.length} tags have more bytes freed than allocated and were set to zero.`]
}
