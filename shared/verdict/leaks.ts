import type { PoolUsage, TagUsage, Totals } from '../analysis/pool-usage.ts'
import { untaggedTag } from '../imports/allocators.ts'
import { cacheTags, leakRules } from './leak-rules.ts'
import { type Pressure, totalsOf } from './pressure.ts'
import type { PoolName } from './wording.ts'

/** A tag that stands for the pressure on a pool. */
export type Leak = {
  readonly pool: PoolName
  readonly tag: TagUsage
  readonly totals: Totals
  readonly pressure: Pressure
  /** Of all bytes used in the pool. */
  readonly share: number
  /** Few blocks: more likely a reservation than a leak. */
  readonly few: boolean
}

/**
 * The tags that dominate a pool under pressure, biggest first. The biggest tag of a pool without pressure is no leak,
 * whatever its share, unless its blocks are many and hardly ever freed (`leakRules.oneWayTag`, `oneWayUntagged`).
 */
export const leaksIn = (pressure: Pressure, usage: PoolUsage | null): Leak[] => {
  const { pool, usedBytes, state } = pressure
  if (usage === null || usedBytes === null || usedBytes === 0) return []
  return usage.tags
    .map((tag) => ({ pool, tag, totals: totalsOf(tag, pool), pressure }))
    .map((leak) => ({
      ...leak,
      share: Math.min(1, leak.totals.bytes / usedBytes),
      few: leak.totals.outstanding < leakRules.reservation,
    }))
    .filter((leak) =>
      state === 'excessive' ? leak.share >= leakRules.leakingShareOfPool : !usage.lowerBound && onlyGrows(leak),
    )
    .sort((a, b) => b.totals.bytes - a.totals.bytes)
    .slice(0, leakRules.mostLeaks)
}

const onlyGrows = ({ share, tag, totals }: Leak): boolean => {
  if (cacheTags.has(tag.tag)) return false
  const { oneWayTag, oneWayUntagged } = leakRules
  const { shareOfPool, outstanding, freedShare } = tag.tag === untaggedTag ? oneWayUntagged : oneWayTag
  const { allocations, frees } = totals
  return share > shareOfPool && totals.outstanding >= outstanding && frees <= allocations * freedShare
}
