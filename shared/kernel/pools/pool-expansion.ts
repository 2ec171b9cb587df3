import { viewOf } from '../../bytes/view.ts'
import { presenceOf } from '../../memory/ranges.ts'
import type { VirtualMemory } from '../../memory/virtual-memory.ts'
import { allocationPointers, type Range } from '../data-pointers.ts'
import { nearBytes } from './pool-big-pages.ts'
import { readTable, type Table } from './pool-table.ts'
import { isPrintableKey, plainKey } from './pool-tag.ts'
import { rowIsEmpty, rowIsSane } from './pool-tracker-examination.ts'
import type { TrackerLayout } from './pool-tracker-layout.ts'

/** PoolTrackTableExpansion: the rows of tags for which PoolTrackTable had no room (reference 8.5). */
export type ExpansionSearch = {
  /** Null when there is none, or when it was not found. */
  readonly table: Table | null
  /** Why tags may be missing, as a sentence; null when none are. */
  readonly missing: string | null
}

export type ExpansionQuery = {
  readonly tracker: Table
  readonly layout: TrackerLayout
  /** Address of the variable PoolTrackTable. */
  readonly variable: bigint
  readonly image: Range
  /** Where and how large by symbols; `none` when they say that there is none. */
  readonly known: { readonly address: bigint; readonly entries: number } | 'none' | null
}

export const largestExpansion = 2 ** 17
/** How far apart the table's pointer and its size stand, as with the big-page table. */
const pairBytes = 0x30
/** Fewer tags than these could be chance. */
const fewestTags = 4
const mostCandidates = 256

/**
 * Only a full PoolTrackTable has an expansion: with a row left no tag goes elsewhere. Without symbols a pair of words near
 * the variable is looked for that could be a table and its number of rows: tags from the first row on, none of which
 * stands in PoolTrackTable, and nothing after them. If there is no such table, or several, tags may be missing.
 */
export const findExpansion = async (memory: VirtualMemory, query: ExpansionQuery): Promise<ExpansionSearch> => {
  const { known, tracker, layout } = query
  if (known === 'none') return { table: null, missing: null }
  if (known !== null) {
    const table = await readTable(memory, known.address, layout.entryBytes, known.entries)
    const absent = table.present.filter((present) => present === 0).length
    const missing =
      absent > 0 ? `${absent} of ${known.entries} rows of the expansion table were not in the dump.` : null
    return { table, missing }
  }
  if (!isFull(tracker)) return { table: null, missing: null }
  const keys = new Set<number>()
  for (let row = 0; row < tracker.entries; row++) keys.add(keyIn(tracker, row))
  const found = new Map<bigint, Table>()
  for (const { address, entries } of await pairsNear(memory, query)) {
    const table = await readTable(memory, address, layout.entryBytes, entries)
    if (isExpansion(table, layout, keys) && entries > (found.get(address)?.entries ?? 0)) found.set(address, table)
  }
  const [table] = found.values()
  return found.size === 1
    ? { table, missing: null }
    : {
        table: null,
        missing:
          'PoolTrackTable is full, and the table that takes the tags which found no room in it was not found: tags may be missing.',
      }
}

const keyIn = (table: Table, row: number): number => plainKey(table.view.getUint32(row * table.entryBytes, true))

/** Every row but the last, which is the overflow bucket, has a tag. */
const isFull = (table: Table): boolean => {
  for (let row = 0; row < table.entries - 1; row++)
    if (table.present[row] === 0 || keyIn(table, row) === 0) return false
  return true
}

const isExpansion = (table: Table, layout: TrackerLayout, others: ReadonlySet<number>): boolean => {
  const seen = new Set<number>()
  let ended = false
  for (let row = 0; row < table.entries; row++) {
    if (table.present[row] === 0) return false
    const key = keyIn(table, row)
    if (key === 0) {
      ended = true
      if (!rowIsEmpty(table, layout, row)) return false
      continue
    }
    if (ended || others.has(key) || seen.has(key) || !isPrintableKey(key) || !rowIsSane(table, layout, row))
      return false
    seen.add(key)
  }
  return seen.size >= fewestTags
}

type Pair = { readonly address: bigint; readonly entries: number }

/** The table is allocated by pages; its size may stand before or after its pointer. */
const pairsNear = async (memory: VirtualMemory, { variable, image }: ExpansionQuery): Promise<Pair[]> => {
  const width = memory.pointerBytes
  const range = await memory.read(variable - BigInt(nearBytes), 2 * nearBytes + width)
  const isPresent = presenceOf(range)
  const view = viewOf(range.bytes)
  const pairs = new Map<string, Pair>()
  for (const { offset, address } of allocationPointers(range.bytes, width, 4096, image))
    for (let near = offset - pairBytes; near <= offset + pairBytes; near += width) {
      if (near === offset || !isPresent(near, width)) continue
      if (width === 8 && view.getUint32(near + 4, true) !== 0) continue
      const entries = view.getUint32(near, true)
      if (entries < fewestTags || entries > largestExpansion || pairs.size >= mostCandidates) continue
      pairs.set(`${address} ${entries}`, { address, entries })
    }
  return [...pairs.values()]
}
