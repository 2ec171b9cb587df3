import { z } from 'zod'
import { Timestamp } from '../../analysis/scalars.ts'
import type { Step } from '../transitions.ts'

/** What a client puts into the header `Idempotency-Key`: a UUID, or any other text that it uses once. */
export const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/, 'is 1 to 255 visible ASCII characters')

/**
 * One create that a client named with a key. While it runs, others with the key wait; when it is done, they get the same
 * answer.
 */
export const IdempotencyRecord = z.object({
  /** SHA-256 of what was asked: the same key with another request is a mistake of the client. */
  request: z.string(),
  startedAt: Timestamp,
  /** JSON of the answer; null while it runs, and `secret` for one that is told only once. */
  answer: z.string().nullable(),
  secret: z.boolean(),
  /** When the sweep removes it. */
  forgetAt: Timestamp,
})
export type IdempotencyRecord = z.infer<typeof IdempotencyRecord>

/** How long an answer is remembered. */
const rememberedMs = 86_400_000

/** A request that has run for so long has died: the API's function is ended after 25 seconds. */
const mostRunningMs = 60_000

export const beginRequest = (request: string, now: Date): IdempotencyRecord => ({
  request,
  startedAt: now.toISOString(),
  answer: null,
  secret: false,
  forgetAt: new Date(now.getTime() + rememberedMs).toISOString(),
})

/** Nothing is remembered of a request that failed: the key is free for another. */
export const forgetRequest = (record: IdempotencyRecord): Step<IdempotencyRecord> => ({
  next: { ...record, request: '', answer: null },
})

/** Takes over from a request that failed or died, or whose answer has been remembered for long enough. */
export const takeOver = (record: IdempotencyRecord, request: string, now: Date): Step<IdempotencyRecord> => {
  const ageMs = now.getTime() - Date.parse(record.startedAt)
  const isDead = record.answer === null && ageMs > mostRunningMs && record.request === request
  const isOver = record.request === '' || isDead || ageMs > rememberedMs
  return isOver ? { next: beginRequest(request, now) } : { refused: 'conflict' }
}
