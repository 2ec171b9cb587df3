import type { StageRecord } from '../cases/records.ts'
import { type Stage, stages } from '../cases/stage.ts'
import { defaultScanLimitBytes } from '../stages/options.ts'
import { costOfRepetition, type DumpUse, type StageUse, scaledTo } from './cost-model.ts'
import { depletionDump } from './measured-dumps.ts'
import { prices } from './prices.ts'

/**
 * What running a dump's stages from `beginAt` on is expected to take: as much as it took the last time, where that was
 * counted, and otherwise what a measured dump takes scaled to its size.
 */
export const estimateOf = (
  bytes: number,
  beginAt: Stage,
  last: readonly Pick<StageRecord, 'stage' | 'cost'>[],
): { dollars: number; milliseconds: number } => {
  const scaled = scaledTo(bytes, depletionDump, bytes <= defaultScanLimitBytes).stages
  const used: DumpUse['stages'] = {}
  for (const stage of stages.slice(stages.indexOf(beginAt))) {
    const counted = last.find((record) => record.stage === stage)?.cost
    used[stage] = counted && counted.milliseconds > 0 ? counted : (scaled[stage] as StageUse)
  }
  const milliseconds = Object.values(used).reduce((sum, use) => sum + use.milliseconds, 0)
  return { dollars: costOfRepetition(used, prices), milliseconds }
}

/** What the stages of a finished analysis took, by their records. What was taken over took nothing. */
export const spentOn = (records: readonly Pick<StageRecord, 'stage' | 'cost'>[]): number => {
  const used: DumpUse['stages'] = {}
  for (const { stage, cost } of records) if (cost !== null) used[stage] = cost
  return costOfRepetition(used, prices)
}
