import { signed64, type Table } from './pool-table.ts'
import { overflowKey, plainKey } from './pool-tag.ts'
import { rowIsEmpty } from './pool-tracker-examination.ts'
import type { PoolColumns, TrackerLayout } from './pool-tracker-layout.ts'

/**
 * Counters of the tracker summed row by row over the processors' tables (reference 8.5). A block may be allocated on one
 * processor and freed on another, so a single table's counts may be "negative": they are added modulo their width and
 * read as signed at the end.
 */
export type TrackerSums = {
  readonly layout: TrackerLayout
  readonly keys: Uint32Array
  readonly nonPaged: ColumnSums
  readonly paged: ColumnSums
}
type ColumnSums = { readonly allocations: Float64Array; readonly frees: Float64Array; readonly bytes: Float64Array }

/** What one pool's counters come to for one tag. `clamped` is what was cut off when a difference came out negative. */
export type PoolTotals = { allocations: number; frees: number; outstanding: number; bytes: number; clamped: number }
export type TagTotals = { readonly key: number; readonly nonPaged: PoolTotals; readonly paged: PoolTotals }

/** Empty sums with the rows and keys of a table; the main table's last row is `Ovfl` whether it is named yet or not. */
export const emptySums = (table: Table, layout: TrackerLayout, lastIsOverflow: boolean): TrackerSums => {
  const keys = new Uint32Array(table.entries)
  for (let row = 0; row < table.entries; row++)
    if (table.present[row] === 1) keys[row] = plainKey(table.view.getUint32(row * table.entryBytes, true))
  if (lastIsOverflow) keys[table.entries - 1] = overflowKey
  const columns = (): ColumnSums => ({
    allocations: new Float64Array(table.entries),
    frees: new Float64Array(table.entries),
    bytes: new Float64Array(table.entries),
  })
  return { layout, keys, nonPaged: columns(), paged: columns() }
}

/**
 * Adds a table of the same shape. Rows with another tag's key than the sums', or with counters and no key, are left out (a
 * live dump may catch them being written). How many were left out for that or for being absent is returned.
 */
export const addTable = (sums: TrackerSums, table: Table): { absent: number; foreign: number } => {
  const { layout, keys } = sums
  const overflowRow = keys[table.entries - 1] === overflowKey ? table.entries - 1 : -1
  let absent = 0
  let foreign = 0
  for (let row = 0; row < table.entries; row++) {
    if (table.present[row] === 0) {
      absent++
      continue
    }
    const at = row * table.entryBytes
    const key = plainKey(table.view.getUint32(at, true))
    if (key !== keys[row] && row !== overflowRow) {
      if (key !== 0 || !rowIsEmpty(table, layout, row)) foreign++
      continue
    }
    addColumns(sums.nonPaged, layout, layout.nonPaged, table.view, row, at)
    addColumns(sums.paged, layout, layout.paged, table.view, row, at)
  }
  return { absent, foreign }
}

const addColumns = (
  sums: ColumnSums,
  layout: TrackerLayout,
  columns: PoolColumns,
  view: DataView,
  row: number,
  at: number,
): void => {
  const { countBytes, sizeBytes } = layout
  sums.allocations[row] += counter(view, at + columns.allocations, countBytes)
  sums.frees[row] += counter(view, at + columns.frees, countBytes)
  sums.bytes[row] += counter(view, at + columns.bytes, sizeBytes)
}

/** 2048 counters of 32 bits, or of 64 bits read as signed, add up exactly in a double. */
const counter = (view: DataView, offset: number, width: 4 | 8): number =>
  width === 4 ? view.getUint32(offset, true) : signed64(view, offset)

/** The tags with any count at all, one entry each; rows of the same tag, in whatever table, are added up. */
export const totalsOf = (...tables: readonly TrackerSums[]): TagTotals[] => {
  const byKey = new Map<number, TagTotals>()
  for (const sums of tables)
    for (let row = 0; row < sums.keys.length; row++) {
      const key = sums.keys[row]
      if (key === 0) continue
      const nonPaged = poolTotals(sums.nonPaged, sums.layout, row)
      const paged = poolTotals(sums.paged, sums.layout, row)
      if (isIdle(nonPaged) && isIdle(paged)) continue
      const earlier = byKey.get(key) ?? { nonPaged: noTotals, paged: noTotals }
      byKey.set(key, { key, nonPaged: added(earlier.nonPaged, nonPaged), paged: added(earlier.paged, paged) })
    }
  return [...byKey.values()]
}

const poolTotals = (sums: ColumnSums, layout: TrackerLayout, row: number): PoolTotals => {
  const allocations = sums.allocations[row]
  const frees = sums.frees[row]
  // `| 0` is ToInt32: the value modulo 2^32, read as signed.
  const outstanding = layout.countBytes === 4 ? (allocations - frees) | 0 : allocations - frees
  const bytes = layout.sizeBytes === 4 ? sums.bytes[row] | 0 : sums.bytes[row]
  return {
    allocations: unsigned(allocations, layout.countBytes),
    frees: unsigned(frees, layout.countBytes),
    outstanding: Math.max(outstanding, 0),
    bytes: Math.max(bytes, 0),
    clamped: Math.max(-bytes, 0),
  }
}

const unsigned = (sum: number, width: 4 | 8): number => (width === 4 ? sum % 2 ** 32 : Math.max(sum, 0))

const isIdle = ({ allocations, frees, bytes, clamped }: PoolTotals): boolean =>
  allocations === 0 && frees === 0 && bytes === 0 && clamped === 0

const noTotals: PoolTotals = { allocations: 0, frees: 0, outstanding: 0, bytes: 0, clamped: 0 }

const added = (a: PoolTotals, b: PoolTotals): PoolTotals => ({
  allocations: a.allocations + b.allocations,
  frees: a.frees + b.frees,
  outstanding: a.outstanding + b.outstanding,
  bytes: a.bytes + b.bytes,
  clamped: a.clamped + b.clamped,
})
