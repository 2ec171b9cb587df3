import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Collection } from '../../shared/cases/collection.ts'
import type { Anybody } from '../../shared/cases/limits/public-rates.ts'
import { publicRouteOf } from '../../shared/cases/limits/public-routes.ts'
import {
  allow,
  minuteOf,
  type RateLimits,
  type RateRecord,
  secondsToNextMinute,
} from '../../shared/cases/limits/rate.ts'
import type { Caller } from './caller.ts'
import { networkOf } from './network-address.ts'
import type { ApiPorts } from './ports.ts'
import { tooManyRequests } from './problem.ts'
import type { Route } from './route.ts'

/** Twenty a second, and less for a tenant than the fifty a second that the whole API takes (infra/aws/api.ts). */
export const rateLimits: RateLimits = { caller: 1200, tenant: 2400 }

/**
 * Requests are counted in the table, but not one by one: a process takes as many at once as this, so that most requests
 * cost no write. What a process does not use of its share is lost, and the limits so hold from below.
 */
const shareOf = (limit: number): number => Math.max(1, Math.floor(limit / 60))

const mostHeld = 10_000

/** Counts requests in records; the function it gives throws a 429 problem for one that is too many. */
const counter = (now: () => Date) => {
  const held = new Map<string, { minute: number; left: number }>()

  return async <Id>(rates: Collection<RateRecord, Id>, id: Id, name: string, most: number): Promise<void> => {
    const at = now()
    const minute = minuteOf(at)
    const share = held.get(name)
    if (share?.minute === minute && share.left > 0) {
      share.left--
      return
    }
    const count = shareOf(most)
    const isFirst = await rates.insert(id, { minute, allowed: count })
    if (!isFirst && (await rates.change(id, (record) => allow(record, minute, count, most))).refused)
      throw tooManyRequests(secondsToNextMinute(at))
    if (held.size >= mostHeld) held.clear()
    held.set(name, { minute, left: count - 1 })
  }
}

type Limiter = {
  /** Of one who is signed in. */
  readonly caller: (caller: Caller) => Promise<void>
  /** Of anybody, at a public route: by the link they have and by where they come from. */
  readonly anybody: (route: Route, event: APIGatewayProxyEventV2, token: string | undefined) => Promise<void>
}

/** Each throws a 429 problem for a request that is too many. */
export const limiter = ({
  tenantStore,
  publicRates,
  now,
  limits,
}: Pick<ApiPorts, 'tenantStore' | 'publicRates' | 'now' | 'limits'>): Limiter => {
  const take = counter(now)
  const ofTenant = (tenant: string, subject: string | null, most: number): Promise<void> =>
    take(tenantStore(tenant).rates, { subject }, JSON.stringify([tenant, subject]), most)
  return {
    caller: async ({ tenant, subject }) => {
      await ofTenant(tenant, subject, limits.caller)
      await ofTenant(tenant, null, limits.tenant)
    },
    anybody: async ({ method, path }, event, token) => {
      const open = publicRouteOf(method, path)
      if (open === null) throw new Error(`The route ${method} ${path} has no permission, and is not a public one.`)
      const { key, perMinute } = open
      const of = (by: Anybody['by'], who: string): Promise<void> =>
        take(publicRates, { route: key, by, who }, JSON.stringify([key, by, who]), perMinute)
      await of('address', networkOf(event))
      if (token !== undefined) await of('link', token)
    },
  }
}
