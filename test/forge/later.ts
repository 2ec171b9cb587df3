import type { Scenario } from './scenario.ts'

/** What each leaked block of a tiny machine takes. */
export const leakedBlockBytes = 208

/** A tiny machine so many hours later, with so many blocks leaked. */
export const later = (
  scenario: Scenario,
  hours: number,
  outstanding: number,
  changes: Partial<Scenario> = {},
): Scenario => {
  const [leak, ...others] = scenario.pools.quotas
  const more = (outstanding - leak.outstanding) * leakedBlockBytes
  return {
    ...scenario,
    crashedAt: new Date(Date.parse(scenario.crashedAt) + hours * 3_600_000).toISOString(),
    uptimeSeconds: scenario.uptimeSeconds + hours * 3600,
    pools: {
      ...scenario.pools,
      nonPagedPages: scenario.pools.nonPagedPages + Math.ceil((more * 1.1) / 4096),
      nonPagedMaximum: 300,
      quotas: [{ ...leak, outstanding, bytes: leak.bytes + more }, ...others],
    },
    ...changes,
  }
}
