import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import type { Step } from '../transitions.ts'
import { WebhookEvent } from './webhook.ts'

/** How long deliveries are listed. */
const deliveryKeptMs = 30 * 86_400_000

/** Seconds from a failed attempt to the next: eight attempts in all, over some 20 hours. */
export const retrySeconds: readonly number[] = [10, 60, 300, 1800, 7200, 21_600, 39_600]

/** One event on its way to one webhook. */
export const DeliveryRecord = z.object({
  webhookId: z.string(),
  event: WebhookEvent,
  status: z.enum(['waiting', 'delivered', 'failed']),
  createdAt: Timestamp,
  attempts: Count,
  lastAttemptAt: Timestamp.nullable(),
  /** The status that the receiver answered last; null where it did not. */
  answer: z.number().int().nullable(),
  /** How it went, as a sentence. */
  note: z.string().nullable(),
  /** When the sweep removes it. */
  forgetAt: Timestamp,
})
export type DeliveryRecord = z.infer<typeof DeliveryRecord>

/** An event that is still to be sent. */
export const newDelivery = (webhookId: string, event: WebhookEvent, at: Date): DeliveryRecord => ({
  webhookId,
  event,
  status: 'waiting',
  createdAt: at.toISOString(),
  attempts: 0,
  lastAttemptAt: null,
  answer: null,
  note: null,
  forgetAt: new Date(at.getTime() + deliveryKeptMs).toISOString(),
})

/** When it is tried again after the attempt that is being made now, in seconds; null where this is the last. */
export const nextAttempt = ({ attempts, event }: DeliveryRecord): number | null =>
  event.type === 'webhook.test' ? null : (retrySeconds[attempts] ?? null)

/** Writes down how an attempt ended; what was delivered stays so. */
export const noteAttempt = (
  record: DeliveryRecord,
  { status, answer, note }: Pick<DeliveryRecord, 'status' | 'answer' | 'note'>,
  at: Date,
): Step<DeliveryRecord> =>
  record.status === 'delivered'
    ? { refused: 'settled' }
    : { next: { ...record, status, answer, note, attempts: record.attempts + 1, lastAttemptAt: at.toISOString() } }

/** It is not tried any more, and was not tried now. */
export const giveUpDelivery = (record: DeliveryRecord, note: string): Step<DeliveryRecord> =>
  record.status === 'waiting' ? { next: { ...record, status: 'failed', note } } : { refused: 'settled' }

/** Somebody wants it sent again, whether it arrived or not; one that is being tried is let alone. */
export const sendAgain = (record: DeliveryRecord): Step<DeliveryRecord> =>
  record.status === 'waiting'
    ? { refused: 'busy' }
    : { next: { ...record, status: 'waiting', attempts: 0, note: null, answer: null } }
