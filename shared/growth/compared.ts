import type { Analysis } from '../analysis/analysis.ts'
import type { PoolUsage } from '../analysis/pool-usage.ts'

/** What a comparison takes of an analysis. */
export type Comparable = Pick<Analysis, 'dump' | 'modules' | 'unloadedModules' | 'memory' | 'findings' | 'pool'>

/** One that can be compared. */
export type Snapshot = Comparable & { readonly pool: PoolUsage }

/** The time of a dump in milliseconds; null where it is not known. */
export const timeOf = ({ dump }: Pick<Analysis, 'dump'>): number | null =>
  dump.crashedAt === null ? null : Date.parse(dump.crashedAt)

/** By time; in the order given where a time is missing, because nothing else tells. */
export const byTime = <Dated extends Pick<Analysis, 'dump'>>(dumps: readonly Dated[]): Dated[] =>
  dumps.some((dump) => timeOf(dump) === null)
    ? [...dumps]
    : dumps.toSorted((a, b) => (timeOf(a) ?? 0) - (timeOf(b) ?? 0))

/** A few blocks that a small dump happens to hold are no accounting. */
export const hasPool = <C extends Comparable>(analysis: C): analysis is C & Snapshot =>
  analysis.pool !== null && analysis.pool.tags.length > 0
