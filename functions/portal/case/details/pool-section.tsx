import Toggle from '@cloudscape-design/components/toggle'
import { useMemo, useState } from 'react'
import type { PoolUsage } from '../../../../shared/analysis/pool-usage.ts'
import { formatCount } from '../../format/size.ts'
import { Untrusted } from '../../format/untrusted.tsx'
import { bytesColumn, countColumn, monoColumn } from '../../tables/cells.tsx'
import { type Column, DataTable, type RowFilter } from '../../tables/data-table.tsx'
import { Absent } from '../absent.tsx'
import { type PoolRow, poolRows, poolSourceSentence } from './pool-rows.ts'
import { TagPicture } from './tag-picture.tsx'

/** `!poolused`: what every tag holds of both pools. */
export const PoolSection = ({ pool }: { readonly pool: PoolUsage | null }) => {
  const [everything, setEverything] = useState(false)
  const rows = useMemo(() => (pool === null ? [] : poolRows(pool)), [pool])
  if (pool === null) return <Absent>The dump does not hold the kernel’s pool tables.</Absent>
  return (
    <>
      <p className="quiet">
        {poolSourceSentence(pool)}
        {pool.scan !== undefined &&
          ` The scan read ${formatCount(pool.scan.pagesScanned)} pages and found ${formatCount(pool.scan.blocks)} blocks.`}
      </p>
      <TagPicture tags={pool.tags} />
      <DataTable
        rows={rows}
        columns={columns(everything, pool.scan !== undefined)}
        rowId={({ tag }) => tag}
        searchText={({ tag, counted }) => [tag, counted?.owner, counted?.meaning].join(' ')}
        noun="tags"
        filters={filters}
        sortBy="nonpaged-bytes"
        descending
        empty="No tag holds any pool."
        beside={
          <Toggle checked={everything} onChange={({ detail }) => setEverything(detail.checked)}>
            Allocations and frees
          </Toggle>
        }
      />
    </>
  )
}

const filters: readonly RowFilter<PoolRow>[] = [
  { label: 'In NonPagedPool', test: ({ counted }) => (counted?.nonPaged.bytes ?? 0) > 0 },
  { label: 'In PagedPool', test: ({ counted }) => (counted?.paged.bytes ?? 0) > 0 },
  { label: 'Without a known owner', test: ({ counted }) => counted?.owner == null },
]

const columns = (everything: boolean, scanned: boolean): Column<PoolRow>[] => [
  { ...monoColumn<PoolRow>({ id: 'tag', header: 'Tag' }, ({ tag }) => tag), isRowHeader: true },
  ...(everything
    ? [
        countColumn<PoolRow>(
          { id: 'nonpaged-allocations', header: 'NonPaged allocs' },
          ({ counted }) => counted?.nonPaged.allocations ?? null,
        ),
        countColumn<PoolRow>(
          { id: 'nonpaged-frees', header: 'NonPaged frees' },
          ({ counted }) => counted?.nonPaged.frees ?? null,
        ),
      ]
    : []),
  countColumn(
    { id: 'nonpaged', header: 'NonPaged outstanding' },
    ({ counted }) => counted?.nonPaged.outstanding ?? null,
  ),
  bytesColumn({ id: 'nonpaged-bytes', header: 'NonPaged bytes' }, ({ counted }) => counted?.nonPaged.bytes ?? null),
  ...(everything
    ? [
        countColumn<PoolRow>(
          { id: 'paged-allocations', header: 'Paged allocs' },
          ({ counted }) => counted?.paged.allocations ?? null,
        ),
        countColumn<PoolRow>(
          { id: 'paged-frees', header: 'Paged frees' },
          ({ counted }) => counted?.paged.frees ?? null,
        ),
      ]
    : []),
  countColumn({ id: 'paged', header: 'Paged outstanding' }, ({ counted }) => counted?.paged.outstanding ?? null),
  bytesColumn({ id: 'paged-bytes', header: 'Paged bytes' }, ({ counted }) => counted?.paged.bytes ?? null),
  ...(scanned
    ? [
        countColumn<PoolRow>({ id: 'scan-blocks', header: 'Scan: blocks' }, (row) => row.scanned?.blocks ?? null),
        bytesColumn<PoolRow>({ id: 'scan-bytes', header: 'Scan: bytes' }, (row) => row.scanned?.bytes ?? null),
      ]
    : []),
  {
    id: 'owner',
    header: 'Known owner',
    minWidth: 240,
    cell: ({ counted }) => <Owner owner={counted?.owner ?? null} meaning={counted?.meaning ?? null} />,
    sortingComparator: (a, b) => (a.counted?.owner ?? '').localeCompare(b.counted?.owner ?? '', 'en'),
  },
]

const Owner = ({ owner, meaning }: { readonly owner: string | null; readonly meaning: string | null }) => (
  <>
    {owner !== null && <Untrusted text={owner} />}
    {meaning !== null && (
      <small>
        <Untrusted text={meaning} />
      </small>
    )}
    {owner === null && meaning === null && '–'}
  </>
)
