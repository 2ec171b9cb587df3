import type { Analysis } from '../../../../shared/analysis/analysis.ts'
import type { Importer, ImporterKind } from '../../../../shared/analysis/importer.ts'
import { compareAddresses, debuggerAddress } from '../../format/address.ts'
import { Mono } from '../../format/untrusted.tsx'
import { addressColumn, countColumn, monoColumn } from '../../tables/cells.tsx'
import { type Column, DataTable } from '../../tables/data-table.tsx'
import { AddressLink } from './address-link.tsx'
import type { TranscriptIndex } from './transcript-index.ts'

const kindWords: Record<ImporterKind, string> = {
  'import-table': 'Import table',
  'delay-import': 'Delay-load import',
  'unlisted-import-table': 'Import table no header lists',
  'stored-pointer': 'Stored pointer',
  code: 'In code',
  'kernel-own': 'The kernel’s own',
}

/** More than these push the table of slots off the screen, and stay folded. */
const fewAllocators = 6

type ImportersSectionProps = { readonly analysis: Analysis; readonly transcript: TranscriptIndex }

/** Where each allocation routine lives, and every place in a module that holds its address. */
export const ImportersSection = ({ analysis, transcript }: ImportersSectionProps) => (
  <>
    {analysis.allocators.length > 0 && (
      <details className="allocators" open={analysis.allocators.length <= fewAllocators}>
        <summary>{analysis.allocators.length} allocation routines were resolved</summary>
        <p>
          {analysis.allocators.map(({ name, address, source }) => (
            <span key={`${name} ${address}`}>
              <Mono text={name} /> <AddressLink address={address} transcript={transcript} />{' '}
              <span className="quiet">{source === 'export' ? 'exported' : 'from symbols'}</span>
            </span>
          ))}
        </p>
      </details>
    )}
    <DataTable
      rows={analysis.importers}
      columns={columns(transcript)}
      rowId={({ address, allocator }) => `${address} ${allocator}`}
      searchText={({ module, allocator, address, kind }) =>
        [module, allocator, address, debuggerAddress(address), kindWords[kind]].join(' ')
      }
      noun="slots"
      sortBy="module"
      empty="No pointer to an allocation routine was found in any module that could be read."
    />
  </>
)

const columns = (transcript: TranscriptIndex): Column<Importer>[] => [
  { ...monoColumn<Importer>({ id: 'module', header: 'Module' }, ({ module }) => module), isRowHeader: true },
  monoColumn({ id: 'allocator', header: 'Calls' }, ({ allocator }) => allocator),
  {
    id: 'slot',
    header: 'Slot',
    cell: ({ address }) => <AddressLink address={address} transcript={transcript} />,
    sortingComparator: (a, b) => compareAddresses(a.address, b.address),
  },
  {
    id: 'kind',
    header: 'Kind',
    cell: ({ kind }) => kindWords[kind],
    sortingComparator: (a, b) => kindWords[a.kind].localeCompare(kindWords[b.kind], 'en'),
  },
  countColumn({ id: 'calls', header: 'Call sites' }, ({ callSites }) => callSites),
  addressColumn({ id: 'base', header: 'Module base' }, ({ base }) => base),
]
