import type { Interval, TagGrowth } from '../analysis/comparison.ts'
import type { Totals } from '../analysis/pool-usage.ts'
import { cacheTags } from '../verdict/leak-rules.ts'
import { pressureOf, totalsOf } from '../verdict/pressure.ts'
import type { PoolName } from '../verdict/wording.ts'
import type { Snapshot } from './compared.ts'
import { growthRules } from './growth-rules.ts'

export type Growth = Omit<TagGrowth, 'lockstepWith'>

/** The dumps between which growth can be measured, and the hours from the first to the last. */
export type Span = { readonly indexes: readonly number[]; readonly hours: number }

/**
 * The longest row of dumps of one boot at known times whose accounting is complete; the latest of equals. A dump whose
 * figures are "at least" is passed over: what it does not show is no loss, and what another shows more no growth.
 */
export const spanOf = (snapshots: readonly Snapshot[], intervals: readonly Interval[]): Span | null => {
  let best: Span | null = null
  let indexes: number[] = []
  let [hours, sinceLast] = [0, 0]
  for (const [index, { pool }] of snapshots.entries()) {
    const interval = intervals[index - 1]
    if (interval === undefined || interval.rebooted !== false || interval.hours === null) indexes = []
    else sinceLast += interval.hours
    if (pool.lowerBound) continue
    hours = indexes.length === 0 ? 0 : hours + sinceLast
    sinceLast = 0
    indexes = [...indexes, index]
    if (indexes.length >= 2 && indexes.length >= (best?.indexes.length ?? 0)) best = { indexes, hours }
  }
  return best
}

/** Every tag that had blocks in any of the dumps, those that gained most bytes first. */
export const growthOf = (snapshots: readonly Snapshot[], span: Span | null): Growth[] => {
  const last = snapshots[span?.indexes.at(-1) ?? 0]
  return (['nonpaged', 'paged'] as const)
    .flatMap((pool) => {
      const { usedBytes, state } = pressureOf(pool, last.dump, last.memory, last.pool)
      const poolBytes = usedBytes ?? 0
      // Caches of Windows grow with the files that are read, until memory gets short.
      const mayGrow = (tag: string): boolean => state !== 'excessive' && cacheTags.has(tag)
      return [...figuresByTag(snapshots, pool)].map(([tag, figures]): Growth => {
        const bytes = figures.map((totals) => totals.bytes)
        const outstanding = figures.map((totals) => totals.outstanding)
        const row = { tag, pool, bytes, outstanding }
        if (span === null) return { ...row, bytesPerHour: null, allocated: null, freed: null, grows: false }
        const within = span.indexes.map((index) => figures[index])
        const gain = within[within.length - 1].bytes - within[0].bytes
        return {
          ...row,
          bytesPerHour: span.hours > 0 ? gain / span.hours : null,
          ...turnover(
            within,
            span.indexes.map((index) => snapshots[index]),
          ),
          grows:
            !mayGrow(tag) &&
            grows(
              within.map((totals) => totals.bytes),
              span.hours,
              poolBytes,
            ),
        }
      })
    })
    .sort((a, b) => gainOf(b) - gainOf(a) || (a.tag < b.tag ? -1 : 1))
}

const gainOf = ({ bytes }: Pick<Growth, 'bytes'>): number => (bytes.at(-1) ?? 0) - bytes[0]

const nothing: Totals = { allocations: 0, frees: 0, outstanding: 0, bytes: 0 }

/** A tag that a dump's accounting does not list had no blocks then. */
const figuresByTag = (snapshots: readonly Snapshot[], pool: PoolName): Map<string, Totals[]> => {
  const tags = new Map<string, Totals[]>()
  for (const [index, { pool: usage }] of snapshots.entries())
    for (const row of usage.tags) {
      const totals = totalsOf(row, pool)
      if (totals.bytes === 0 && totals.outstanding === 0 && !tags.has(row.tag)) continue
      const figures = tags.get(row.tag) ?? snapshots.map(() => nothing)
      figures[index] = totals
      tags.set(row.tag, figures)
    }
  return tags
}

/** Growth by `growthRules`: enough of the pool and of the tag, fast enough, and in every interval. */
const grows = (bytes: readonly number[], hours: number, poolBytes: number): boolean => {
  const gain = bytes[bytes.length - 1] - bytes[0]
  return (
    hours >= growthRules.leastHours &&
    gain > 0 &&
    gain >= growthRules.gainShareOfPool * poolBytes &&
    gain >= growthRules.gainShareOfTag * bytes[0] &&
    (gain / hours) * 24 >= growthRules.dailyGainShareOfTag * bytes[0] &&
    bytes.every((value, index) => index === 0 || value > bytes[index - 1])
  )
}

/** Counters of 32 bits, before build 16299, go round (reference 8.4). */
const wideCounters = 16299

/**
 * Allocations and frees between the first and the last dump. A 32-bit counter that fell went round; where it fell by
 * less than half its range that is not certain, and null. Figures of a scan count no allocations.
 */
const turnover = (figures: readonly Totals[], snapshots: readonly Snapshot[]): Pick<Growth, 'allocated' | 'freed'> => {
  const build = snapshots[0].dump.build
  if (build === null || snapshots.some(({ pool }) => pool.source === 'scan')) return { allocated: null, freed: null }
  const between = (counter: (totals: Totals) => number): number | null => {
    const difference = counter(figures[figures.length - 1]) - counter(figures[0])
    if (difference >= 0) return difference
    return build < wideCounters && difference < -(2 ** 31) && difference > -(2 ** 32) ? difference + 2 ** 32 : null
  }
  return { allocated: between((totals) => totals.allocations), freed: between((totals) => totals.frees) }
}
