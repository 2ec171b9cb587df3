import Button from '@cloudscape-design/components/button'
import { useCallback, useState } from 'react'
import { Link } from 'react-router'
import type { Delivery, DeliveryList } from '../../../shared/cases/webhooks/webhook-api.ts'
import { usePolled } from '../api/use-polled.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { formatAge, formatTimestamp } from '../format/time.ts'
import { useNow } from '../format/use-now.ts'
import { Loading } from '../loading.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'
import { verdictOrPending } from '../verdict/verdict-words.ts'
import { listDeliveries, sendAgain } from './client.ts'
import { deliveryWords, eventWords } from './webhook-words.ts'

type DeliveriesSectionProps = {
  readonly webhookId: string
  readonly isDisabled: boolean
  /** What was sent changed how the webhook stands. */
  readonly changed: () => void
}

/** Those whose next attempt is minutes away are not waited for. */
const isSettled = ({ deliveries }: DeliveryList): boolean =>
  !deliveries.some(({ status, attempts }) => status === 'waiting' && attempts < 2)

/** The last things that were sent to a webhook, and how that went. */
export const DeliveriesSection = ({ webhookId, isDisabled, changed }: DeliveriesSectionProps) => {
  const load = useCallback((signal: AbortSignal) => listDeliveries(webhookId, null, signal), [webhookId])
  const { value, error, refresh } = usePolled(`deliveries of ${webhookId}`, load, isSettled)
  const [older, setOlder] = useState<DeliveryList | null>(null)
  const [trouble, setTrouble] = useState<unknown>(null)
  const now = useNow(10_000)
  const deliveries = [...(value?.deliveries ?? []), ...(older?.deliveries ?? [])]
  const cursor = older === null ? (value?.nextCursor ?? null) : older.nextCursor

  const attempt = async (run: () => Promise<void>): Promise<void> => {
    setTrouble(null)
    try {
      await run()
    } catch (failed) {
      setTrouble(failed)
    }
  }
  const again = (eventId: string) =>
    attempt(async () => {
      await sendAgain(webhookId, eventId)
      refresh()
      changed()
    })
  const more = () =>
    attempt(async () => {
      const page = await listDeliveries(webhookId, cursor, new AbortController().signal)
      setOlder({ ...page, deliveries: [...(older?.deliveries ?? []), ...page.deliveries] })
    })

  return (
    <div className="deliveries">
      <h3>Last deliveries</h3>
      <FailureNotice title={trouble === null ? 'They cannot be shown' : 'That did not work'} error={trouble ?? error} />
      {value === undefined && error === undefined && <Loading what="deliveries" />}
      {value !== undefined && deliveries.length === 0 && (
        <p className="quiet">Nothing was sent in the last 30 days. Send a test to see whether it arrives.</p>
      )}
      {deliveries.length > 0 && (
        <table className="plain-table case-table" aria-label="Last deliveries, newest first">
          <thead>
            <tr>
              <th scope="col">Outcome</th>
              <th scope="col">Event</th>
              <th scope="col">How it went</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {deliveries.map((delivery) => (
              <DeliveryRow
                key={delivery.event.id}
                delivery={delivery}
                now={now}
                again={isDisabled || delivery.status === 'waiting' ? null : () => void again(delivery.event.id)}
              />
            ))}
          </tbody>
        </table>
      )}
      {cursor !== null && <Button onClick={() => void more()}>Older ones</Button>}
    </div>
  )
}

type DeliveryRowProps = { readonly delivery: Delivery; readonly now: number; readonly again: (() => void) | null }

const DeliveryRow = ({ delivery, now, again }: DeliveryRowProps) => {
  const { event, note, attempts, lastAttemptAt, createdAt } = delivery
  const at = lastAttemptAt ?? createdAt
  return (
    <tr>
      <td className="case-verdict">
        <ToneLabel {...deliveryWords(delivery)} />
      </td>
      <th scope="row">
        {event.type === 'webhook.test' ? (
          eventWords[event.type]
        ) : (
          <Link to={`/cases/${encodeURIComponent(event.data.caseId)}`}>
            {event.type === 'analysis.failed' ? eventWords[event.type] : verdictOrPending(event.data.verdict).label}
          </Link>
        )}
        <div className="quiet mono delivery-id">{event.id}</div>
      </th>
      <td>
        {note ?? 'Not tried yet.'}
        {attempts > 1 && <span className="quiet"> {attempts} attempts.</span>}{' '}
        {again !== null && (
          <Button variant="inline-link" ariaLabel={`Send again: ${event.id}`} onClick={again}>
            Send again
          </Button>
        )}
      </td>
      <td className="case-age">
        <time dateTime={at} title={formatTimestamp(at)}>
          {formatAge(at, now)}
        </time>
      </td>
    </tr>
  )
}
