import type { ShardProgress } from '../cases/api.ts'
import type { Lane } from '../cases/lane.ts'
import type { StageRecord } from '../cases/records.ts'
import { type Stage, stages } from '../cases/stage.ts'
import { pipelineOptions } from '../stages/scan-extent.ts'
import { type AnalysisUse, costOfAnalysis, type StageUse } from './cost-model.ts'
import { expectedUse } from './expected-use.ts'
import { depletionDump } from './measured-dumps.ts'
import { prices } from './prices.ts'

/**
 * Shards of a lane that are worked on at once, whosever they are; the deployed settings are made of it. A dump of 32 GiB
 * has 16 of them, and those of a batch are left to run one after another.
 */
export const shardsAtOnce: Record<Lane, number> = { interactive: 20, normal: 20, reprocessing: 5 }

/** A further analysis of a stored dump of so many bytes: where it begins, and whether all pages are to be scanned. */
export type FurtherAnalysis = {
  readonly bytes: number
  readonly beginAt: Stage
  readonly fullScan?: boolean
  readonly lane: Lane
}

/** What the records of an analysis count: what each stage took and, where one was divided, into how many shards. */
export type Counted = {
  readonly stages: readonly Pick<StageRecord, 'stage' | 'cost'>[]
  readonly shards?: Pick<ShardProgress, 'of'>
}

/** `parts` are worked on beside each other, as many as the lane has workers. */
export type Estimate = { readonly parts: number; readonly dollars: number; readonly milliseconds: number }

/**
 * What a further analysis is expected to take: as much as its stages took the last time, where that was counted, and
 * otherwise what a measured dump takes scaled to this one's size. Whether the scan is divided is the pool stage's own
 * plan; where it was not the last time, or the other way round, what was counted then says nothing of it. Good for the
 * order of magnitude.
 */
export const estimateOf = (
  { bytes, beginAt, fullScan, lane }: FurtherAnalysis,
  last: Counted = { stages: [] },
): Estimate => {
  const expected = expectedUse(bytes, depletionDump, pipelineOptions({ isFirst: false, fullScan }))
  const counted = countedUse(last)
  const { pool, ...others } = counted.stages
  const scannedAlike = pool !== undefined && (counted.shards === undefined) === (expected.shards === undefined)
  const all = { ...expected.stages, ...(scannedAlike ? counted.stages : others) }
  const shards = scannedAlike ? counted.shards : expected.shards
  const run = stages.slice(stages.indexOf(beginAt))
  const use: AnalysisUse = {
    stages: Object.fromEntries(run.flatMap((stage) => (all[stage] === undefined ? [] : [[stage, all[stage]]]))),
    ...(run.includes('pool') ? { shards } : {}),
  }
  const { total: dollars } = costOfAnalysis(use, prices)
  return { parts: use.shards?.count ?? 1, dollars, milliseconds: durationOf(use, shardsAtOnce[lane]) }
}

/** Dollars for what the stages of an analysis took, by their records. What was taken over took nothing. */
export const spentOn = (counted: Counted): number => costOfAnalysis(countedUse(counted), prices).total

/** A divided pool stage's record has the cost of its shards in it, and next to nothing else. */
const countedUse = ({ stages, shards }: Counted): AnalysisUse => {
  const used: Partial<Record<Stage, StageUse>> = {}
  for (const { stage, cost } of stages) if (cost !== null && cost.milliseconds > 0) used[stage] = cost
  const { pool } = used
  if (pool === undefined || shards === undefined) return { stages: used }
  return { stages: { ...used, pool: nothing }, shards: { count: shards.of, use: pool } }
}

const nothing: StageUse = { bytesRead: 0, reads: 0, milliseconds: 0 }

/** Milliseconds from one end to the other: stages come in turn, shards in as many rounds as it takes. */
const durationOf = ({ stages, shards }: AnalysisUse, atOnce: number): number => {
  const inTurn = Object.values(stages).reduce((sum, use) => sum + use.milliseconds, 0)
  if (shards === undefined) return inTurn
  return Math.round(inTurn + (Math.ceil(shards.count / atOnce) * shards.use.milliseconds) / shards.count)
}
