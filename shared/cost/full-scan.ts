import type { Stage } from '../cases/stage.ts'
import { scanAtOnceBytes } from '../stages/options.ts'
import { costOfDump, type DumpUse, type StageUse, scaledTo } from './cost-model.ts'
import { estimateOf } from './estimate.ts'
import { depletionDump } from './measured-dumps.ts'
import { prices } from './prices.ts'

/** Parts of a person's scan that are worked on at once. The deployed settings are made of it. */
export const shardsAtOnce = 20

export type ScanEstimate = { readonly parts: number; readonly dollars: number; readonly milliseconds: number }

/**
 * What scanning all pages of a dump that was analysed without is expected to take: what an analysis with a scan takes
 * more than one without, scaled from a measured dump to this one's bytes. Parts run beside each other. Good for the order
 * of magnitude.
 */
export const estimateOfFullScan = (bytes: number): ScanEstimate => {
  if (bytes <= scanAtOnceBytes) return { parts: 1, ...estimateOf(bytes, 'pool', []) }
  const { stages, shards } = scaledTo(bytes, depletionDump, true)
  if (shards === undefined) throw new RangeError(`A scan of ${bytes} bytes has no parts.`)
  const without = scaledTo(bytes, depletionDump, false).stages
  const more: DumpUse['stages'] = {}
  for (const [stage, use] of Object.entries(stages) as [Stage, StageUse][]) more[stage] = less(use, without[stage])
  const { compute, reads, bookkeeping } = costOfDump({ bytes: 0, stages: more, shards }, prices)
  const inTurn = Object.values(more).reduce((sum, use) => sum + use.milliseconds, 0)
  const rounds = Math.ceil(shards.count / shardsAtOnce)
  const milliseconds = Math.round(inTurn + (rounds * shards.use.milliseconds) / shards.count)
  return { parts: shards.count, dollars: compute + reads + bookkeeping, milliseconds }
}

const less = (use: StageUse, by: StageUse | undefined): StageUse => ({
  bytesRead: use.bytesRead - (by?.bytesRead ?? 0),
  reads: use.reads - (by?.reads ?? 0),
  milliseconds: use.milliseconds - (by?.milliseconds ?? 0),
})
