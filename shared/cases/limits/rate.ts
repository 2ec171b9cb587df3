import { z } from 'zod'
import type { Step } from '../transitions.ts'

/** Requests in a minute of the clock, by one caller and by all callers of a tenant together. */
export type RateLimits = { readonly caller: number; readonly tenant: number }

/** How many requests were allowed in a minute of the clock. */
export const RateRecord = z.object({
  /** Minutes since the epoch. */
  minute: z.number().int(),
  allowed: z.number().int(),
})
export type RateRecord = z.infer<typeof RateRecord>

export const minuteOf = (now: Date): number => Math.floor(now.getTime() / 60_000)

/** Seconds until the next minute begins, at least one: what `Retry-After` says. */
export const secondsToNextMinute = (now: Date): number => 60 - Math.floor((now.getTime() % 60_000) / 1000)

/** Allows `count` requests more in this minute; `conflict` when that would be more than `most`. */
export const allow = (record: RateRecord, minute: number, count: number, most: number): Step<RateRecord> => {
  const allowed = (record.minute === minute ? record.allowed : 0) + count
  return allowed > most ? { refused: 'conflict' } : { next: { minute, allowed } }
}
