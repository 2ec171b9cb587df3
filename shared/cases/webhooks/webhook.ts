import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import type { Step } from '../transitions.ts'
import { AnalysisEvent, EventId, EventType } from './analysis-event.ts'

/** Of a tenant. */
export const mostWebhooks = 20

/** How long the secret before a rotation still signs, so that a receiver can change over. */
export const rotationMs = 86_400_000

/** A webhook is disabled once nothing has arrived for so long, by so many attempts in a row at least. */
const mostFailing = { days: 3, attempts: 10 }

/** `whsec_` and the key in base 64 ("Signature scheme", Standard Webhooks specification). */
const Secret = z.string().regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/)

/** A secret of this key, which is 24 to 64 random bytes. */
export const makeWebhookSecret = (key: Uint8Array): string => `whsec_${btoa(String.fromCharCode(...key))}`

/** What a webhook may ask for. */
export const WebhookEventType = EventType.exclude(['webhook.test'])
export type WebhookEventType = z.infer<typeof WebhookEventType>

/** An address of a tenant's that hears of its analyses. */
export const WebhookRecord = z.object({
  webhookId: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(WebhookEventType),
  createdAt: Timestamp,
  createdBy: z.string(),
  secret: Secret,
  /** The secret before, while it still signs. */
  previous: z.object({ secret: Secret, until: Timestamp }).nullable(),
  /** Since when every attempt has failed, and how many; null after one that arrived. */
  failing: z.object({ since: Timestamp, attempts: Count }).nullable(),
  /** Since when nothing is sent to it, by whom and why; `by` is `dumpline` where nobody decided it. */
  disabled: z.object({ at: Timestamp, by: z.string(), reason: z.string() }).nullable(),
})
export type WebhookRecord = z.infer<typeof WebhookRecord>

/** Sent to a webhook when somebody tries it out. */
export const TestEvent = z.object({
  id: EventId,
  type: z.literal('webhook.test'),
  timestamp: Timestamp,
  data: z.object({ tenant: z.string(), webhookId: z.string() }),
})
export type TestEvent = z.infer<typeof TestEvent>

export const WebhookEvent = z.union([AnalysisEvent, TestEvent])
export type WebhookEvent = z.infer<typeof WebhookEvent>

/** The secrets that sign now: a receiver accepts a request when one of the signatures is by the secret it has. */
export const signingSecrets = ({ secret, previous }: WebhookRecord, now: Date): string[] =>
  previous !== null && Date.parse(previous.until) > now.getTime() ? [secret, previous.secret] : [secret]

/** The new secret signs from now on, and the old one too for `rotationMs`. */
export const rotateSecret = (record: WebhookRecord, secret: string, now: Date): Step<WebhookRecord> => {
  const until = new Date(now.getTime() + rotationMs).toISOString()
  return { next: { ...record, secret, previous: { secret: record.secret, until } } }
}

/** Nothing is sent from now on; what waits to be tried again is given up. */
export const disableWebhook = (
  record: WebhookRecord,
  disabled: NonNullable<WebhookRecord['disabled']>,
): Step<WebhookRecord> => (record.disabled === null ? { next: { ...record, disabled } } : { refused: 'settled' })

/** Events are sent again from now on, and failures counted anew. */
export const enableWebhook = (record: WebhookRecord): Step<WebhookRecord> =>
  record.disabled === null ? { refused: 'settled' } : { next: { ...record, disabled: null, failing: null } }

/** Something arrived. */
export const noteArrival = (record: WebhookRecord): Step<WebhookRecord> =>
  record.failing === null ? { refused: 'settled' } : { next: { ...record, failing: null } }

/** An attempt failed; `note` says how, and `gone` that the receiver wants no more (410). It is disabled at the limit. */
export const noteFailure = (
  record: WebhookRecord,
  { at, note, gone }: { readonly at: Date; readonly note: string; readonly gone: boolean },
): Step<WebhookRecord> => {
  const failing = {
    since: record.failing?.since ?? at.toISOString(),
    attempts: (record.failing?.attempts ?? 0) + 1,
  }
  const forMs = at.getTime() - Date.parse(failing.since)
  const isOver = failing.attempts >= mostFailing.attempts && forMs >= mostFailing.days * 86_400_000
  if (record.disabled !== null || !(gone || isOver)) return { next: { ...record, failing } }
  const reason = gone
    ? 'The receiver answered 410: it wants nothing more.'
    : `Nothing has arrived for ${mostFailing.days} days, in ${failing.attempts} attempts. ${note}`
  return { next: { ...record, failing, disabled: { at: at.toISOString(), by: 'dumpline', reason } } }
}
