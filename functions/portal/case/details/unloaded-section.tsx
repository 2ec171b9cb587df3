import type { UnloadedModule } from '../../../../shared/analysis/module.ts'
import { formatTimestamp } from '../../format/time.ts'
import { addressColumn, monoColumn } from '../../tables/cells.tsx'
import { type Column, DataTable } from '../../tables/data-table.tsx'

/** Drivers that were unloaded before the dump was taken. */
export const UnloadedSection = ({ modules }: { readonly modules: readonly UnloadedModule[] }) => (
  <DataTable
    rows={modules}
    columns={columns}
    rowId={({ name, start, unloadedAt }) => `${name} ${start} ${unloadedAt}`}
    searchText={({ name, start }) => `${name} ${start}`}
    noun="unloaded drivers"
    sortBy="name"
    empty="The dump shows no unloaded drivers. The kernel keeps the last few only, and a dump may lack the list."
  />
)

const columns: readonly Column<UnloadedModule>[] = [
  { ...monoColumn<UnloadedModule>({ id: 'name', header: 'Driver' }, ({ name }) => name), isRowHeader: true },
  addressColumn({ id: 'start', header: 'Start' }, ({ start }) => start),
  addressColumn({ id: 'end', header: 'End' }, ({ end }) => end),
  {
    id: 'unloaded',
    header: 'Unloaded',
    cell: ({ unloadedAt }) => (unloadedAt === null ? '–' : formatTimestamp(unloadedAt)),
    sortingComparator: (a, b) => (a.unloadedAt ?? '').localeCompare(b.unloadedAt ?? ''),
  },
]
