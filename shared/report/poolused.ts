import type { PoolUsage, TagUsage } from '../analysis/pool-usage.ts'
import { matchesTag } from '../pool/tag-table.ts'

export type PooledRows = {
  /** The debugger's flags: 2 sorts by non-paged bytes, 4 by paged bytes, otherwise by tag. */
  readonly flags: number
  /** `/t`: only the first so many tags. */
  readonly top?: number
  /** Only tags that match, with `?` and `*`. */
  readonly tag?: string
  /** Without `/t`, cut off after so many and say so. */
  readonly most?: number
}

const sortings = {
  nonPaged: { title: 'NonPaged Pool Consumed', key: (row: TagUsage) => row.nonPaged.bytes },
  paged: { title: 'Paged Pool Consumed', key: (row: TagUsage) => row.paged.bytes },
} as const

/**
 * `!poolused` in the debugger's own shape (seed, reference 8.5): outstanding allocations and bytes of both pools, then
 * what is known of the tag. With `/t` no total is shown, as the debugger has it.
 */
export const renderPoolused = (usage: PoolUsage, rows: PooledRows): string => {
  const sorting = rows.flags & 2 ? sortings.nonPaged : rows.flags & 4 ? sortings.paged : null
  const wanted = usage.tags
    .filter(({ tag }) => rows.tag === undefined || matchesTag(rows.tag, tag))
    .filter((row) => (sorting === null ? row.nonPaged.bytes + row.paged.bytes > 0 : sorting.key(row) > 0))
    .sort((a, b) => (sorting === null ? 0 : sorting.key(b) - sorting.key(a)) || (a.tag < b.tag ? -1 : 1))
  const shown = wanted.slice(0, rows.top ?? rows.most ?? wanted.length)
  const lines = [
    `   Sorting by ${sorting?.title ?? 'Tag'}`,
    '',
    '  Pool Used:',
    '            NonPaged            Paged',
    ' Tag    Allocs     Used    Allocs     Used',
    ...shown.map(renderRow),
  ]
  if (rows.top === undefined) lines.push(...totalLines(wanted, shown))
  if (usage.lowerBound) lines.push('', 'Not all of the accounting was in the dump: every figure is a lower bound.')
  return lines.join('\n')
}

const renderRow = ({ tag, nonPaged, paged, owner, meaning }: TagUsage): string => {
  const text = meaning === null ? `UNKNOWN pooltag '${tag}', please update pooltag.txt` : meaning
  const binary = owner === null || meaning === null ? '' : ` , Binary: ${owner}`
  return ` ${tag}${columns(nonPaged, paged)}\t${text}${binary}`
}

type Row = { outstanding: number; bytes: number }

const columns = (nonPaged: Row, paged: Row): string =>
  [nonPaged.outstanding, nonPaged.bytes, paged.outstanding, paged.bytes]
    .map((value) => ` ${String(value).padStart(8)}`)
    .join('')

const totalLines = (wanted: readonly TagUsage[], shown: readonly TagUsage[]): string[] => {
  const sum = (pool: 'nonPaged' | 'paged'): Row => ({
    outstanding: wanted.reduce((total, row) => total + row[pool].outstanding, 0),
    bytes: wanted.reduce((total, row) => total + row[pool].bytes, 0),
  })
  const cut = shown.length < wanted.length ? [`(the first ${shown.length} of ${wanted.length} tags)`] : []
  const total = wanted.length > 0 ? [`TOTAL${columns(sum('nonPaged'), sum('paged'))}`] : []
  return [...cut, ...total]
}
