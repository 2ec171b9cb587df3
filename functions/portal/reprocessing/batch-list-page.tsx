import { Link } from 'react-router'
import { usePolled } from '../api/use-polled.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { formatAge, formatTimestamp } from '../format/time.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { useNow } from '../format/use-now.ts'
import { useWhyNot } from '../identity/use-session.ts'
import { LinkButton } from '../link-button.tsx'
import { Loading } from '../loading.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'
import { batchWords, goesOn } from './batch-words.ts'
import { listBatches } from './client.ts'

export default function BatchListPage() {
  const { value, error, refresh } = usePolled(
    'batches',
    listBatches,
    ({ batches }) => !batches.some(({ status }) => goesOn(status)),
  )
  const whyNot = useWhyNot('reprocessing:run')
  const now = useNow(30_000)
  return (
    <>
      <title>Reprocessing · dumpline</title>
      <div className="page-head">
        <h1>Reprocessing</h1>
        {whyNot === null && (
          <LinkButton to="/reprocessing/new" variant="primary">
            Plan a batch
          </LinkButton>
        )}
      </div>
      <FailureNotice title="The batches cannot be shown" error={error} again={refresh} />
      {value === undefined && error === undefined && <Loading what="batches" />}
      {value?.batches.length === 0 && (
        <section className="empty-list">
          <h2>No batches yet</h2>
          <p>
            A batch does old cases again with today’s engine: choose them, try a sample, run the rest at a rate of your
            choice, look at what changed, and only then let the cases show it.
          </p>
          {whyNot !== null && <p className="quiet">{whyNot}</p>}
        </section>
      )}
      {value !== undefined && value.batches.length > 0 && (
        <div className="panel flush">
          <table className="plain-table case-table" aria-label="Batches, newest first">
            <thead>
              <tr>
                <th scope="col">Status</th>
                <th scope="col">Batch</th>
                <th scope="col">Planned by</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              {value.batches.map(({ batchId, name, status, createdBy, createdAt, pause }) => (
                <tr key={batchId}>
                  <td className="case-verdict">
                    <ToneLabel {...batchWords[status]} />
                  </td>
                  <th scope="row">
                    <Link to={`/reprocessing/${encodeURIComponent(batchId)}`}>
                      <Untrusted text={name} />
                    </Link>
                    {pause !== null && <p className="quiet">{pause.reason}</p>}
                  </th>
                  <td>
                    <Untrusted text={createdBy} />
                  </td>
                  <td className="case-age">
                    <time dateTime={createdAt} title={formatTimestamp(createdAt)}>
                      {formatAge(createdAt, now)}
                    </time>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  )
}
