import Button from '@cloudscape-design/components/button'
import { useCallback, useState } from 'react'
import { listHistory } from '../api/cases-client.ts'
import { usePages } from '../api/use-pages.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { formatAge, formatTimestamp } from '../format/time.ts'
import { Untrusted, UntrustedLines } from '../format/untrusted.tsx'
import { useNow } from '../format/use-now.ts'
import { Loading } from '../loading.tsx'

/** Who did what to the case, the newest first. Read only when somebody opens it. */
export const HistorySection = ({ caseId }: { readonly caseId: string }) => {
  const [open, setOpen] = useState(false)
  return (
    <details className="panel history" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <h2>History</h2>
      </summary>
      {open && <Events caseId={caseId} />}
    </details>
  )
}

const Events = ({ caseId }: { readonly caseId: string }) => {
  const load = useCallback(
    async (cursor: string | null, signal: AbortSignal) => {
      const { events, nextCursor } = await listHistory(caseId, cursor, signal)
      return { items: events, nextCursor }
    },
    [caseId],
  )
  const { items: events, error, loading, more, reload } = usePages(load)
  const now = useNow(30_000)
  return (
    <>
      <FailureNotice
        title={events ? 'The history is incomplete' : 'The history cannot be shown'}
        error={error}
        again={reload}
      />
      {events === undefined && error === undefined && <Loading what="the history" />}
      {events?.length === 0 && (
        <p className="quiet">Nothing is recorded; this case is from before a history was kept.</p>
      )}
      {events !== undefined && events.length > 0 && (
        <ol className="timeline">
          {events.map((event) => (
            <li key={event.eventId}>
              <p>
                <UntrustedLines text={event.statement} />
              </p>
              <p className="quiet">
                <Untrusted text={event.actor} /> ·{' '}
                <time dateTime={event.at} title={formatTimestamp(event.at)}>
                  {formatAge(event.at, now)}
                </time>
              </p>
            </li>
          ))}
        </ol>
      )}
      {more !== null && (
        <Button onClick={more} loading={loading}>
          Show older events
        </Button>
      )}
    </>
  )
}
