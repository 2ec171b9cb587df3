import { allow, minuteOf, secondsToNextMinute } from '../../shared/cases/rate.ts'
import type { Caller } from './caller.ts'
import type { ApiPorts } from './ports.ts'
import { tooManyRequests } from './problem.ts'

/** Requests in a minute of the clock, by one caller and by all callers of a tenant together. */
export type RateLimits = { readonly caller: number; readonly tenant: number }

/** Twenty a second, and less for a tenant than the fifty a second that the whole API takes (infra/aws/api.ts). */
export const rateLimits: RateLimits = { caller: 1200, tenant: 2400 }

/**
 * Requests are counted in the table, but not one by one: a process takes as many at once as this, so that most requests
 * cost no write. What a process does not use of its share is lost, and the limits so hold from below.
 */
const shareOf = (limit: number): number => Math.max(1, Math.floor(limit / 60))

const mostHeld = 10_000

/** Counts a caller's requests; the function it gives throws a 429 problem for one that is too many. */
export const limiter = ({ tenantStore, now, limits }: Pick<ApiPorts, 'tenantStore' | 'now' | 'limits'>) => {
  const held = new Map<string, { minute: number; left: number }>()

  const take = async (tenant: string, subject: string | null, most: number): Promise<void> => {
    const name = JSON.stringify([tenant, subject])
    const at = now()
    const minute = minuteOf(at)
    const share = held.get(name)
    if (share?.minute === minute && share.left > 0) {
      share.left--
      return
    }
    const count = shareOf(most)
    const { rates } = tenantStore(tenant)
    const isFirst = await rates.insert({ subject }, { minute, allowed: count })
    if (!isFirst && (await rates.change({ subject }, (record) => allow(record, minute, count, most))).refused)
      throw tooManyRequests(secondsToNextMinute(at))
    if (held.size >= mostHeld) held.clear()
    held.set(name, { minute, left: count - 1 })
  }

  return async ({ tenant, subject }: Caller): Promise<void> => {
    await take(tenant, subject, limits.caller)
    await take(tenant, null, limits.tenant)
  }
}
