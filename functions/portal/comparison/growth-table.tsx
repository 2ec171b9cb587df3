import type { Comparison } from '../../../shared/analysis/comparison.ts'
import { formatBytes, formatCount } from '../format/size.ts'
import { Mono } from '../format/untrusted.tsx'
import { countColumn, monoColumn } from '../tables/cells.tsx'
import { type Column, DataTable } from '../tables/data-table.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'
import { changeOf } from './comparison-words.ts'

export type Row = Comparison['tags'][number]

type GrowthTableProps = {
  readonly rows: readonly Row[]
  readonly plotted: readonly Row[]
  readonly plot: (rows: readonly Row[]) => void
}

const filters = [
  { label: 'Growing tags', test: ({ grows }: Row) => grows },
  { label: 'NonPaged pool', test: ({ pool }: Row) => pool === 'nonpaged' },
  { label: 'Paged pool', test: ({ pool }: Row) => pool === 'paged' },
]

/** Every tag of any of the dumps; the ticked ones are plotted. */
export const GrowthTable = ({ rows, plotted, plot }: GrowthTableProps) => (
  <DataTable
    rows={rows}
    columns={columns}
    rowId={({ tag, pool }) => `${pool} ${tag}`}
    searchText={({ tag, pool, lockstepWith }) => [tag, pool, ...lockstepWith].join(' ')}
    noun="tags"
    sortBy="change"
    descending
    empty="No tag has blocks in any of the dumps."
    pageSize={15}
    filters={filters}
    selection={{ rows: plotted, choose: plot, label: ({ tag }) => `Plot ${tag}` }}
  />
)

const signed = (value: number, format: (size: number) => string): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '−'}${format(Math.abs(value))}`

const columns: readonly Column<Row>[] = [
  {
    ...monoColumn<Row>({ id: 'tag', header: 'Tag' }, ({ tag }) => tag),
    isRowHeader: true,
    cell: ({ tag, grows }) => (
      <>
        <Mono text={tag} />
        {grows && <ToneLabel tone="bad" label="Grows" />}
      </>
    ),
  },
  {
    id: 'pool',
    header: 'Pool',
    cell: ({ pool }) => (pool === 'paged' ? 'paged' : 'nonpaged'),
    sortingComparator: (a, b) => a.pool.localeCompare(b.pool),
  },
  countColumn({ id: 'first', header: 'First, bytes' }, ({ bytes }) => bytes[0]),
  countColumn({ id: 'last', header: 'Last, bytes' }, ({ bytes }) => bytes.at(-1) ?? null),
  {
    ...countColumn<Row>({ id: 'change', header: 'Change' }, ({ bytes }) => changeOf(bytes)),
    cell: ({ bytes, outstanding }) => (
      <span className="right">
        {signed(changeOf(bytes), formatBytes)}
        {changeOf(bytes) !== 0 || changeOf(outstanding) !== 0 ? (
          <small className="beneath">{signed(changeOf(outstanding), formatCount)} blocks</small>
        ) : null}
      </span>
    ),
    sortingComparator: (a, b) => changeOf(a.bytes) - changeOf(b.bytes),
  },
  {
    ...countColumn<Row>({ id: 'rate', header: 'An hour' }, ({ bytesPerHour }) => bytesPerHour),
    cell: ({ bytesPerHour }) => (
      <span className="right">{bytesPerHour === null ? '–' : signed(Math.round(bytesPerHour), formatBytes)}</span>
    ),
  },
  countColumn({ id: 'allocated', header: 'Allocated' }, ({ allocated }) => allocated),
  countColumn({ id: 'freed', header: 'Freed' }, ({ freed }) => freed),
  monoColumn({ id: 'lockstep', header: 'In step with' }, ({ lockstepWith }) => lockstepWith.join(', ')),
]
