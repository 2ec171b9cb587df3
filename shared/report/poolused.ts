import type { PoolUsage, TagUsage, Totals } from '../analysis/pool-usage.ts'
import { matchesTag } from '../pool/tag-table.ts'

export type PooledRows = {
  /** The debugger's flags: 1 shows frees too, 2 sorts by non-paged bytes, 4 by paged bytes, 8 is session pool. */
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

/** Session pool has a tracker of its own (reference 8.5), in memory that only the session's processes map. */
const noSessionPool =
  'Session pool is counted in a table of its own, which was not found: of session pool nothing is known here.'

/**
 * `!poolused` in the debugger's own shape (seed, reference 8.5): outstanding allocations and bytes of both pools, then
 * what is known of the tag. Flag 1 shows all allocations and frees beside them, as far as they were counted. With `/t` no
 * total is shown, as the debugger has it.
 */
export const renderPoolused = (usage: PoolUsage, rows: PooledRows): string => {
  if (rows.flags & 8) {
    if (usage.session === undefined) return noSessionPool
    const { process, tags } = usage.session
    const whose = `Session pool of ${process === null ? 'the session of the crash' : `the session of ${process}`}`
    return `${whose}\n\n${renderPoolused({ ...usage, tags, session: undefined }, { ...rows, flags: rows.flags & ~8 })}`
  }
  const columns = rows.flags & 1 ? verboseColumns : briefColumns
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
    ...columns.head,
    ...shown.map((row) => renderRow(row, columns)),
  ]
  if (rows.top === undefined) lines.push(...totalLines(wanted, shown, columns))
  if (rows.flags & 1 && usage.source === 'scan')
    lines.push('', 'Blocks were found by their headers: how many were allocated and freed before is not known.')
  if (usage.lowerBound) lines.push('', 'Not all of the accounting was in the dump: every figure is a lower bound.')
  return lines.join('\n')
}

const renderRow = ({ tag, nonPaged, paged, owner, meaning }: TagUsage, columns: Columns): string => {
  const text = meaning === null ? `UNKNOWN pooltag '${tag}', please update pooltag.txt` : meaning
  const binary = owner === null || meaning === null ? '' : ` , Binary: ${owner}`
  return ` ${tag}${columns.of(nonPaged)}${columns.of(paged)}\t${text}${binary}`
}

/** The columns of one pool. */
type Columns = { readonly head: readonly string[]; readonly of: (totals: Totals) => string }

const padded = (values: readonly number[]): string => values.map((value) => ` ${String(value).padStart(8)}`).join('')

const briefColumns: Columns = {
  head: ['            NonPaged            Paged', ' Tag    Allocs     Used    Allocs     Used'],
  of: ({ outstanding, bytes }) => padded([outstanding, bytes]),
}

const verboseColumns: Columns = {
  head: [
    '                      NonPaged                            Paged',
    ' Tag    Allocs    Frees     Diff     Used   Allocs    Frees     Diff     Used',
  ],
  of: ({ allocations, frees, outstanding, bytes }) => padded([allocations, frees, outstanding, bytes]),
}

const totalLines = (wanted: readonly TagUsage[], shown: readonly TagUsage[], columns: Columns): string[] => {
  const sum = (pool: 'nonPaged' | 'paged'): Totals => {
    const total = (counter: keyof Totals): number => wanted.reduce((all, row) => all + row[pool][counter], 0)
    return {
      allocations: total('allocations'),
      frees: total('frees'),
      outstanding: total('outstanding'),
      bytes: total('bytes'),
    }
  }
  const cut = shown.length < wanted.length ? [`(the first ${shown.length} of ${wanted.length} tags)`] : []
  const total = wanted.length > 0 ? [`TOTAL${columns.of(sum('nonPaged'))}${columns.of(sum('paged'))}`] : []
  return [...cut, ...total]
}
