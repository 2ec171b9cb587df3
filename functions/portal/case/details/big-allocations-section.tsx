import type { BigAllocation } from '../../../../shared/analysis/pool-usage.ts'
import { addressColumn, bytesColumn, monoColumn } from '../../tables/cells.tsx'
import { type Column, DataTable } from '../../tables/data-table.tsx'

/** The largest single allocations, a page and more each. */
export const BigAllocationsSection = ({ allocations }: { readonly allocations: readonly BigAllocation[] }) => (
  <DataTable
    rows={allocations}
    columns={columns}
    rowId={({ address }) => address}
    searchText={({ address, tag }) => `${tag} ${address}`}
    noun="allocations"
    sortBy="bytes"
    descending
    empty="The dump shows no table of big allocations."
  />
)

const poolName = (paged: boolean | null): string => (paged === null ? 'not known' : paged ? 'paged' : 'nonpaged')

const columns: readonly Column<BigAllocation>[] = [
  addressColumn({ id: 'address', header: 'Address' }, ({ address }) => address),
  monoColumn({ id: 'tag', header: 'Tag' }, ({ tag }) => tag),
  bytesColumn({ id: 'bytes', header: 'Bytes' }, ({ bytes }) => bytes),
  {
    id: 'pool',
    header: 'Pool',
    cell: ({ paged }) => poolName(paged),
    sortingComparator: (a, b) => poolName(a.paged).localeCompare(poolName(b.paged), 'en'),
  },
]
