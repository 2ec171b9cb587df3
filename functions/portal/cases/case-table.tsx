import { Link } from 'react-router'
import type { CaseRecord } from '../../../shared/cases/records.ts'
import { formatAge, formatTimestamp } from '../format/time.ts'
import { Mono, Untrusted } from '../format/untrusted.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'
import { caseWords } from './case-words.ts'

type CaseTableProps = { readonly cases: readonly CaseRecord[]; readonly now: number }

/** A table of the browser's own: the first page needs no more, and a phone shows each row as a block. */
export const CaseTable = ({ cases, now }: CaseTableProps) => (
  <table className="plain-table case-table" aria-label="Cases, newest first">
    <thead>
      <tr>
        <th scope="col">Verdict</th>
        <th scope="col">Case</th>
        <th scope="col">Driver</th>
        <th scope="col">Opened</th>
      </tr>
    </thead>
    <tbody>
      {cases.map((record) => (
        <CaseRow key={record.caseId} record={record} now={now} />
      ))}
    </tbody>
  </table>
)

const CaseRow = ({ record, now }: { readonly record: CaseRecord; readonly now: number }) => {
  const { label, tone, sentence } = caseWords(record)
  const { closedAt = null, customer = null, host = null, assignee = null, labels = [], tag = null } = record
  return (
    <tr>
      <td className="case-verdict">
        <ToneLabel label={label} tone={tone} />
      </td>
      <th scope="row">
        <Link to={`/cases/${encodeURIComponent(record.caseId)}`}>
          <Untrusted text={record.title} />
        </Link>
        {closedAt !== null && <span className="closed-mark">Closed</span>}
        <p className="quiet">
          <Untrusted text={sentence} />
        </p>
        {(customer !== null || host !== null || assignee !== null || labels.length > 0) && (
          <p className="case-about">
            {customer !== null && <Untrusted text={customer} />}
            {host !== null && <Untrusted text={host} />}
            {assignee !== null && (
              <span>
                → <Untrusted text={assignee} />
              </span>
            )}
            {labels.map((each) => (
              <span key={each} className="case-label">
                <Untrusted text={each} />
              </span>
            ))}
          </p>
        )}
      </th>
      <td>
        {record.driver !== null && <Mono text={record.driver} />}
        {record.driver !== null && record.verdict === 'suspects' && <small>likeliest suspect</small>}
        {tag !== null && (
          <small>
            tag <Mono text={tag} />
          </small>
        )}
      </td>
      <td className="case-age">
        <time dateTime={record.createdAt} title={formatTimestamp(record.createdAt)}>
          {formatAge(record.createdAt, now)}
        </time>
      </td>
    </tr>
  )
}
