import { useCollection } from '@cloudscape-design/collection-hooks'
import Box from '@cloudscape-design/components/box'
import Pagination from '@cloudscape-design/components/pagination'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import TextFilter from '@cloudscape-design/components/text-filter'
import { type ReactNode, useMemo, useState } from 'react'
import { formatCount } from '../format/size.ts'

export type Column<T> = TableProps.ColumnDefinition<T> & { readonly id: string }

/** A choice of rows; its label is what they are: `Growing tags`. */
export type RowFilter<T> = { readonly label: string; readonly test: (row: T) => boolean }

/** Rows that can be ticked. `label` says what ticking one does. */
type Selection<T> = {
  readonly rows: readonly T[]
  readonly choose: (rows: readonly T[]) => void
  readonly label: (row: T) => string
}

type DataTableProps<T> = {
  readonly rows: readonly T[]
  readonly columns: readonly Column<T>[]
  readonly rowId: (row: T) => string
  /** Everything of a row that a search may hit. */
  readonly searchText: (row: T) => string
  /** What the rows are, in lower case and plural: `modules`. */
  readonly noun: string
  readonly sortBy: string
  readonly descending?: boolean
  readonly empty: ReactNode
  readonly beside?: ReactNode
  readonly filters?: readonly RowFilter<T>[]
  readonly selection?: Selection<T>
  /** Rows a page. */
  readonly pageSize?: number
}

const longPage = 50

/** A table that is sorted, searched and paged on the spot; a page is short enough that thousands of rows stay smooth. */
export const DataTable = <T,>(props: DataTableProps<T>) => {
  const { columns, noun, filters = [], selection, pageSize = longPage } = props
  const [filterLabel, setFilterLabel] = useState('')
  const filter = filters.find(({ label }) => label === filterLabel)
  const rows = useMemo(() => (filter === undefined ? props.rows : props.rows.filter(filter.test)), [props.rows, filter])
  const sortingColumn = columns.find(({ id }) => id === props.sortBy)
  const { items, collectionProps, filterProps, filteredItemsCount, paginationProps } = useCollection(rows, {
    filtering: {
      filteringFunction: (row, text) => props.searchText(row).toLowerCase().includes(text.trim().toLowerCase()),
      empty: <Box color="text-body-secondary">{props.empty}</Box>,
      noMatch: <Box color="text-body-secondary">No {noun} match.</Box>,
    },
    sorting: sortingColumn ? { defaultState: { sortingColumn, isDescending: props.descending ?? false } } : {},
    pagination: { pageSize },
  })
  return (
    <Table<T>
      {...collectionProps}
      items={items}
      columnDefinitions={columns}
      trackBy={props.rowId}
      variant="borderless"
      stickyColumns={{ first: 1 }}
      contentDensity="compact"
      wrapLines
      cellVerticalAlign="top"
      ariaLabels={{
        tableLabel: noun,
        selectionGroupLabel: `Ticked ${noun}`,
        itemSelectionLabel: (_, row) => selection?.label(row) ?? '',
        allItemsSelectionLabel: () => `Tick all ${noun}`,
      }}
      {...(selection === undefined
        ? {}
        : {
            selectionType: 'multi' as const,
            selectedItems: [...selection.rows],
            onSelectionChange: ({ detail }) => selection.choose(detail.selectedItems),
          })}
      filter={
        props.rows.length > 0 && (
          <div className="table-tools">
            <TextFilter
              {...filterProps}
              filteringPlaceholder={`Find ${noun}`}
              filteringAriaLabel={`Find ${noun}`}
              filteringClearAriaLabel="Clear"
              countText={`${formatCount(filteredItemsCount ?? 0)} of ${formatCount(rows.length)}`}
            />
            {filters.length > 0 && (
              <select
                aria-label={`Which ${noun}`}
                value={filterLabel}
                onChange={({ target }) => setFilterLabel(target.value)}
              >
                <option value="">All {noun}</option>
                {filters.map(({ label }) => (
                  <option key={label}>{label}</option>
                ))}
              </select>
            )}
            {props.beside}
          </div>
        )
      }
      pagination={
        rows.length > pageSize && (
          <Pagination
            {...paginationProps}
            ariaLabels={{
              nextPageLabel: 'Next page',
              previousPageLabel: 'Previous page',
              pageLabel: (page) => `Page ${page}`,
            }}
          />
        )
      }
    />
  )
}
