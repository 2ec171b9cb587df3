import type { TableProps } from '@cloudscape-design/components/table'
import { Link } from 'react-router'
import type { CaseRecord } from '../../../shared/cases/records.ts'
import { formatAge, formatTimestamp } from '../format/time.ts'
import { Mono, Untrusted } from '../format/untrusted.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'
import { verdictOrPending } from '../verdict/verdict-words.ts'

const Verdict = ({ record }: { readonly record: CaseRecord }) => <ToneLabel {...verdictOrPending(record.verdict)} />

const Age = ({ record, now }: { readonly record: CaseRecord; readonly now: number }) => (
  <time dateTime={record.createdAt} title={formatTimestamp(record.createdAt)} className="nowrap">
    {formatAge(record.createdAt, now)}
  </time>
)

const CaseLink = ({ record }: { readonly record: CaseRecord }) => (
  <Link to={`/cases/${encodeURIComponent(record.caseId)}`} className="case-link">
    <Untrusted text={record.title} />
  </Link>
)

const headlineOf = ({ headline, verdict }: CaseRecord): string =>
  headline ?? (verdict === null ? 'Waiting for a dump, or for its analysis to end.' : '')

type Columns = readonly TableProps.ColumnDefinition<CaseRecord>[]

export const wideColumns = (now: number): Columns => [
  { id: 'verdict', header: 'Verdict', cell: (record) => <Verdict record={record} />, width: 180 },
  {
    id: 'case',
    header: 'Case',
    isRowHeader: true,
    cell: (record) => (
      <div className="case-cell">
        <CaseLink record={record} />
        <Untrusted text={headlineOf(record)} />
      </div>
    ),
  },
  {
    id: 'driver',
    header: 'Driver',
    cell: (record) => (record.driver === null ? '–' : <Mono text={record.driver} />),
    width: 300,
  },
  { id: 'age', header: 'Opened', cell: (record) => <Age record={record} now={now} />, width: 130 },
]

/** On a phone everything about a case stands in one cell. */
export const narrowColumns = (now: number): Columns => [
  {
    id: 'case',
    header: 'Case',
    isRowHeader: true,
    cell: (record) => (
      <div className="case-cell">
        <div className="case-cell-line">
          <Verdict record={record} />
          <Age record={record} now={now} />
        </div>
        <CaseLink record={record} />
        <Untrusted text={headlineOf(record)} />
        {record.driver !== null && <Mono text={record.driver} />}
      </div>
    ),
  },
]
