import { compareAddresses } from '../format/address.ts'
import { formatBytes, formatCount } from '../format/size.ts'
import { Mono } from '../format/untrusted.tsx'
import type { Column } from './data-table.tsx'

type Base = { readonly id: string; readonly header: string; readonly width?: number }

const right = (header: string) => <span className="right head">{header}</span>

/** A column of counts, aligned at the right; null is a dash and sorts below zero. */
export const countColumn = <T,>(base: Base, value: (row: T) => number | null): Column<T> => ({
  id: base.id,
  header: right(base.header),
  cell: (row) => {
    const count = value(row)
    return <span className="right">{count === null ? '–' : formatCount(count)}</span>
  },
  sortingComparator: (a, b) => (value(a) ?? -1) - (value(b) ?? -1),
  ...(base.width === undefined ? {} : { width: base.width }),
})

/** A column of byte counts: exact, with the rounded size beneath. */
export const bytesColumn = <T,>(base: Base, value: (row: T) => number | null): Column<T> => ({
  ...countColumn(base, value),
  cell: (row) => {
    const bytes = value(row)
    if (bytes === null) return <span className="right">–</span>
    return (
      <span className="right">
        {formatCount(bytes)}
        {bytes >= 1024 && <small>{formatBytes(bytes)}</small>}
      </span>
    )
  },
})

/** A column of names or other text out of the dump. */
export const monoColumn = <T,>(base: Base, value: (row: T) => string | null): Column<T> => ({
  id: base.id,
  header: base.header,
  cell: (row) => {
    const text = value(row)
    return text === null || text === '' ? '–' : <Mono text={text} />
  },
  sortingComparator: (a, b) => (value(a) ?? '').localeCompare(value(b) ?? '', 'en'),
  ...(base.width === undefined ? {} : { width: base.width }),
})

/** A column of addresses, sorted by value. */
export const addressColumn = <T,>(base: Base, value: (row: T) => string): Column<T> => ({
  ...monoColumn(base, value),
  cell: (row) => <span className="mono nowrap">{value(row)}</span>,
  sortingComparator: (a, b) => compareAddresses(value(a), value(b)),
})
