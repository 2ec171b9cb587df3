import { Analysis, type Cost } from '../../shared/analysis/analysis.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import { outcomeOf } from '../../shared/cases/outcome.ts'
import { announceOutcome, finishAnalysis } from '../../shared/cases/transitions.ts'
import { verdictStage } from '../../shared/stages/verdict.ts'
import { readHeader, readImports, readPool } from '../aws/stage-results.ts'
import type { StageContext, StageJob } from '../aws/stage-runner.ts'

export type VerdictPorts = {
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number
  /** Bytes the process has used at most. */
  readonly peakMemory: () => number
}

/** The finished `Analysis`, made of what the stages before left; then its outcome, on the analysis and on its case. */
export const verdictJob = ({ clock, peakMemory }: VerdictPorts): StageJob => ({
  stage: 'verdict',
  resultKey: analysisKey,
  run: async (context): Promise<Analysis> => {
    const start = clock()
    const [header, pool, imports] = await Promise.all([readHeader(context), readPool(context), readImports(context)])
    const analysis = verdictStage(header, pool, imports)
    const own = { bytesRead: 0, reads: 0, milliseconds: clock() - start, peakMemoryBytes: peakMemory() }
    return { ...analysis, cost: totalCost([header.cost, pool?.cost, imports?.cost, own]) }
  },
  passOn: announce,
})

/** The analysis is done last: whoever sees it done finds everything in its place. */
const announce = async ({ id, store, documents, now }: StageContext): Promise<void> => {
  const outcome = outcomeOf(Analysis.parse(JSON.parse(await documents.read(analysisKey(id)))))
  await store.cases.change(id, (record) => announceOutcome(record, id.analysisId, outcome))
  await store.analyses.change(id, (record) => finishAnalysis(record, outcome, now()))
}

/** Sums of bytes, reads and time; the largest peak, for the stages run one after another. */
const totalCost = (costs: readonly (Cost | undefined)[]): Cost =>
  costs
    .filter((cost) => cost !== undefined)
    .reduce((total, cost) => ({
      bytesRead: total.bytesRead + cost.bytesRead,
      reads: total.reads + cost.reads,
      milliseconds: Math.round(total.milliseconds + cost.milliseconds),
      peakMemoryBytes: Math.max(total.peakMemoryBytes, cost.peakMemoryBytes),
    }))
