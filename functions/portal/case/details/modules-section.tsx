import type { Module } from '../../../../shared/analysis/module.ts'
import { formatBytes, formatShare } from '../../format/size.ts'
import { Mono, Untrusted } from '../../format/untrusted.tsx'
import { addressColumn, monoColumn } from '../../tables/cells.tsx'
import { type Column, DataTable, type RowFilter } from '../../tables/data-table.tsx'
import { ToneLabel } from '../../verdict/tone-label.tsx'

/** Every image the analysis knows of; one that the kernel does not list is marked. */
export const ModulesSection = ({ modules }: { readonly modules: readonly Module[] }) => (
  <DataTable
    rows={modules}
    columns={columns}
    rowId={({ base, name }) => `${base} ${name}`}
    searchText={({ name, path, base, company, pdb }) => [name, path, base, company, pdb?.name].join(' ')}
    noun="modules"
    sortBy="base"
    filters={filters}
    empty="No module list could be read from this dump."
  />
)

/** Nothing in the image says who made it, although it was read. */
const isUnknown = ({ company, readBytes }: Module): boolean => company === undefined && readBytes > 0

const filters: readonly RowFilter<Module>[] = [
  { label: 'Hidden from the list', test: ({ listed }) => !listed },
  { label: 'Of unknown make', test: isUnknown },
  { label: 'Not wholly searched', test: ({ readBytes, size }) => readBytes < size },
]

const columns: readonly Column<Module>[] = [
  {
    id: 'name',
    header: 'Module',
    isRowHeader: true,
    cell: ({ name, path, listed }) => (
      <>
        <Mono text={name} />
        {!listed && <ToneLabel tone="caution" label="Not in the kernel’s list" />}
        {path !== null && path !== name && (
          <small>
            <Mono text={path} />
          </small>
        )}
      </>
    ),
    sortingComparator: (a, b) => a.name.localeCompare(b.name, 'en'),
  },
  addressColumn({ id: 'base', header: 'Base' }, ({ base }) => base),
  {
    id: 'size',
    header: <span className="right">Size</span>,
    cell: ({ size }) => <span className="right">{formatBytes(size)}</span>,
    sortingComparator: (a, b) => a.size - b.size,
  },
  {
    id: 'company',
    header: 'Company, version',
    cell: ({ company, version }) =>
      company === undefined && version === undefined ? (
        <span className="quiet">not known</span>
      ) : (
        <Untrusted text={[company, version].filter((part) => part !== undefined).join(', ')} />
      ),
    sortingComparator: (a, b) => (a.company ?? '').localeCompare(b.company ?? '', 'en'),
  },
  monoColumn({ id: 'timestamp', header: 'Timestamp' }, ({ timestamp }) => timestamp),
  monoColumn({ id: 'pdb', header: 'PDB' }, ({ pdb }) => pdb?.name ?? null),
  {
    id: 'read',
    header: <span className="right">Searched</span>,
    cell: ({ readBytes, size }) => <span className="right">{formatShare(readBytes, size)}</span>,
    sortingComparator: (a, b) => a.readBytes / Math.max(1, a.size) - b.readBytes / Math.max(1, b.size),
  },
]
