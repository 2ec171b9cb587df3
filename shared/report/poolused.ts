import type { PoolUsage, TagUsage, Totals } from '../analysis/pool-usage.ts'
import { matchesTag } from '../pool/tag-table.ts'

export type PooledRows = {
  /** The debugger's flags: 1 tells allocations and frees too, 2 sorts by non-paged bytes, 4 by paged bytes, otherwise by tag. */
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
  const shape = rows.flags & 1 ? 'verbose' : 'brief'
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
    ...titles[shape],
    ...shown.map((row) => renderRow(row, shape)),
  ]
  if (rows.top === undefined) lines.push(...totalLines(wanted, shown, shape))
  if (usage.lowerBound) lines.push('', 'Not all of the accounting was in the dump: every figure is a lower bound.')
  return lines.join('\n')
}

type Shape = 'brief' | 'verbose'

const titles = {
  brief: ['            NonPaged            Paged', ' Tag    Allocs     Used    Allocs     Used'],
  verbose: [
    '            NonPaged                              Paged',
    ' Tag    Allocs    Frees     Diff     Used    Allocs    Frees     Diff     Used',
  ],
} as const

const renderRow = ({ tag, nonPaged, paged, owner, meaning }: TagUsage, shape: Shape): string => {
  const text = meaning === null ? `UNKNOWN pooltag '${tag}', please update pooltag.txt` : meaning
  const binary = owner === null || meaning === null ? '' : ` , Binary: ${owner}`
  return ` ${tag}${columns(nonPaged, paged, shape)}\t${text}${binary}`
}

const columns = (nonPaged: Totals, paged: Totals, shape: Shape): string =>
  [nonPaged, paged]
    .flatMap(({ allocations, frees, outstanding, bytes }) =>
      shape === 'verbose' ? [allocations, frees, outstanding, bytes] : [outstanding, bytes],
    )
    .map((value) => ` ${String(value).padStart(8)}`)
    .join('')

const totalLines = (wanted: readonly TagUsage[], shown: readonly TagUsage[], shape: Shape): string[] => {
  const sum = (pool: 'nonPaged' | 'paged'): Totals => {
    const total = (field: keyof Totals): number => wanted.reduce((all, row) => all + row[pool][field], 0)
    return {
      allocations: total('allocations'),
      frees: total('frees'),
      outstanding: total('outstanding'),
      bytes: total('bytes'),
    }
  }
  const cut = shown.length < wanted.length ? [`(the first ${shown.length} of ${wanted.length} tags)`] : []
  const total = wanted.length > 0 ? [`TOTAL${columns(sum('nonPaged'), sum('paged'), shape)}`] : []
  return [...cut, ...total]
}
