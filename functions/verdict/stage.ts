import { Analysis, type Cost } from '../../shared/analysis/analysis.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import { factsOf, outcomeOf } from '../../shared/cases/outcome.ts'
import { announceOutcome, finishAnalysis, promoteAnalysis, showStatus } from '../../shared/cases/transitions.ts'
import { scanAtOnceBytes } from '../../shared/stages/options.ts'
import { assemble, type StageFailure, verdictStage } from '../../shared/stages/verdict.ts'
import { type RefinePorts, refine } from '../aws/refine.ts'
import { readHeader, readImports, readPool } from '../aws/stage-results.ts'
import type { StageContext, StageJob } from '../aws/stage-runner.ts'

export type VerdictPorts = Pick<RefinePorts, 'send' | 'newId'> & {
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number
  /** Bytes the process has used at most. */
  readonly peakMemory: () => number
}

/** The finished `Analysis`, made of what the stages before left; then its outcome, on the analysis and on its case. */
export const verdictJob = ({ clock, peakMemory, ...ports }: VerdictPorts): StageJob => ({
  stage: 'verdict',
  resultKey: analysisKey,
  run: async (context) => {
    const start = clock()
    const [header, pool, imports] = await Promise.all([readHeader(context), readPool(context), readImports(context)])
    const body = verdictStage(header, pool, imports, await failures(context))
    const own = { bytesRead: 0, reads: 0, milliseconds: Math.round(clock() - start), peakMemoryBytes: peakMemory() }
    const { reused = {} } = context.analysis
    // What was taken from an earlier analysis has been paid for with that one.
    const costs = [!reused.header && header.cost, !reused.pool && pool?.cost, !reused.imports && imports?.cost, own]
    return { result: assemble(body, costs.filter(isCost)), cost: own }
  },
  passOn: (context) => announce(context, ports),
})

const isCost = (cost: Cost | false | undefined): cost is Cost => cost !== false && cost !== undefined

/** The analysis is done last: whoever sees it done finds everything in its place. */
const announce = async (context: StageContext, ports: Pick<RefinePorts, 'send' | 'newId'>): Promise<void> => {
  const { id, store, documents, now, dump, journey } = context
  const made = Analysis.parse(JSON.parse(await documents.read(analysisKey(id))))
  const outcome = outcomeOf(made)
  if (await takesItsPlace(context)) {
    await store.dumps.change(id, (record) => promoteAnalysis(record, id.analysisId))
    await store.cases.change(id, (record) => announceOutcome(record, id.analysisId, outcome))
    await store.cases.change(id, (record) => showStatus(record, id.analysisId, 'done'))
  }
  if (made.dump.bytes > scanAtOnceBytes && (await scanFollows(context)))
    await refine({ ...ports, store, now }, dump, id, journey.lane === 'interactive' ? 'normal' : journey.lane)
  await store.analyses.change(id, (record) => finishAnalysis(record, outcome, now(), factsOf(made)))
  await context.tellEnd(id)
}

/**
 * Whether the pages of the dump are still to be scanned. Nobody waits for that as for a first verdict, so it takes no
 * place in the lane of those who do.
 */
const scanFollows = async (context: StageContext): Promise<boolean> =>
  (context.analysis.supersedes ?? null) === null && (await readPool(context))?.scanFollows === true

/**
 * Whether the analysis counts from now on. A further one that lost a stage is kept, and the one before it stands; one of a
 * batch waits for the batch to be published.
 */
const takesItsPlace = async (context: StageContext): Promise<boolean> => {
  const { supersedes = null, batchId = null } = context.analysis
  return batchId === null && (supersedes === null || (await failures(context)).length === 0)
}

/** Stages that were to run and could not, each with the sentence on its record. */
const failures = async ({ id, store }: StageContext): Promise<StageFailure[]> => {
  const records = await Promise.all((['pool', 'imports'] as const).map((stage) => store.stages.get({ ...id, stage })))
  return records.flatMap((record) =>
    record?.status === 'failed' && (record.stage === 'pool' || record.stage === 'imports')
      ? [{ stage: record.stage, reason: record.note ?? `The ${record.stage} stage failed.` }]
      : [],
  )
}
