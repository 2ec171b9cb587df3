import { later, patienceMs } from './patience.ts'
import type { AnalysisRecord, DumpRecord, ReusedResults, StageRecord } from './records.ts'
import { type Stage, stages } from './stage.ts'
import type { CaseStore } from './store.ts'
import { whoToTell } from './stuck.ts'
import { adoptAnalysis, handOver, showStatus } from './transitions.ts'

/** What a fresh analysis is made of. `analysisId` is used only if the dump has none yet. */
export type Beginning = { readonly analysisId: string; readonly engineVersion: string; readonly at: Date }

/**
 * Gives an uploaded dump its first analysis with all stages queued, and says which analysis that is and whether its
 * first stage still waits to be told. Every write is conditional, so that this may run twice, at once, or again after a
 * crash between any two of its writes: the outcome is one analysis.
 */
export const beginAnalysis = async (
  store: CaseStore,
  dump: DumpRecord,
  { analysisId, engineVersion, at }: Beginning,
): Promise<{ analysisId: string; waiting: boolean }> => {
  const { caseId, dumpId } = dump
  const adopted = await store.dumps.change({ caseId, dumpId }, (current) => adoptAnalysis(current, analysisId))
  const chosen = adopted.record?.currentAnalysisId
  if (chosen === null || chosen === undefined)
    throw new Error(`The dump ${dumpId} cannot be analysed in its state: ${adopted.refused}.`)

  await writeAnalysis(store, dump, { analysisId: chosen, engineVersion, at, lane: dump.lane ?? 'normal' })
  await store.cases.change({ caseId }, (record) => showStatus(record, chosen, 'analysing'))
  // From here on the sweep finds the analysis; until here it finds the dump.
  await store.dumps.change({ caseId, dumpId }, handOver)
  const first = await store.stages.get({ caseId, dumpId, analysisId: chosen, stage: stages[0] })
  return { analysisId: chosen, waiting: first?.status === 'queued' }
}

/** One more analysis of a dump that has one. `earlier`: the stages, in order, whose results it takes from that one. */
export type Repetition = Beginning & {
  readonly batchId: string
  readonly earlier: { readonly analysis: AnalysisRecord; readonly stages: readonly StageRecord[] } | null
}

/**
 * Gives a dump another analysis, beside those it has, and says which stage is to be told of it; null when it is under
 * way already. Like `beginAnalysis` it may run twice, at once or again. Nothing else changes: the dump and its case go on
 * with the analysis they have.
 */
export const repeatAnalysis = async (
  store: CaseStore,
  dump: DumpRecord,
  { analysisId, engineVersion, at, batchId, earlier }: Repetition,
): Promise<{ stage: Stage; attempt: number } | null> => {
  const { caseId, dumpId } = dump
  const taken = earlier?.stages ?? []
  const reused: ReusedResults = {}
  for (const { stage, status } of taken)
    if (stage !== 'verdict' && status === 'done')
      reused[stage] = earlier?.analysis.reused?.[stage] ?? earlier?.analysis.analysisId
  await writeAnalysis(store, dump, { analysisId, engineVersion, at, lane: 'reprocessing', batchId, reused, taken })
  const id = { caseId, dumpId, analysisId }
  const records = await Promise.all(stages.map((stage) => store.stages.get({ ...id, stage })))
  const written = records.filter((record) => record !== null)
  const held = written.find(({ status }) => status !== 'done' && status !== 'skipped')
  if (held?.status !== 'queued') return null
  // The verdict follows whatever the stages before it left; any other stage is for the one before it to call or to skip.
  return {
    stage: held.stage === 'verdict' ? 'verdict' : (whoToTell(written)?.tell ?? held.stage),
    attempt: held.attempt,
  }
}

type Writing = Beginning &
  Pick<AnalysisRecord, 'lane' | 'batchId' | 'reused'> & { readonly taken?: readonly StageRecord[] }

const writeAnalysis = async (store: CaseStore, dump: DumpRecord, writing: Writing): Promise<void> => {
  const { analysisId, engineVersion, at, lane, batchId, reused, taken = [] } = writing
  const { caseId, dumpId } = dump
  const id = { caseId, dumpId, analysisId }
  await store.analyses.insert(id, {
    ...id,
    engineVersion,
    status: 'running',
    createdAt: at.toISOString(),
    finishedAt: null,
    headline: null,
    verdict: null,
    lane,
    traceId: dump.traceId ?? null,
    ...(batchId ? { batchId, reused } : {}),
    sweepAt: later(at, patienceMs).toISOString(),
  })
  for (const stage of stages) {
    const earlier = taken.find((record) => record.stage === stage)
    await store.stages.insert({ ...id, stage }, earlier ? takenOver(earlier, id, at) : queued({ ...id, stage }, at))
  }
}

const queued = (
  { dumpId, analysisId, stage }: { dumpId: string; analysisId: string; stage: Stage },
  at: Date,
): StageRecord => ({
  dumpId,
  analysisId,
  stage,
  status: 'queued',
  attempt: 1,
  startedAt: null,
  finishedAt: null,
  cost: null,
  note: null,
  queuedAt: at.toISOString(),
})

/** A stage that ended in an earlier analysis as it ends in this one, where it costs nothing. */
const takenOver = (
  { stage, status, note }: StageRecord,
  { dumpId, analysisId }: { dumpId: string; analysisId: string },
  at: Date,
): StageRecord => ({
  dumpId,
  analysisId,
  stage,
  status,
  attempt: 1,
  startedAt: at.toISOString(),
  finishedAt: at.toISOString(),
  cost: { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 },
  note,
})
