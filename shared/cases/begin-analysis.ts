import { stagesOf } from './archived-dump.ts'
import type { Lane } from './lane.ts'
import { reopenCase, reopensFor } from './life/case-life.ts'
import { later, patienceMs } from './patience.ts'
import { type AnalysisRecord, type DumpRecord, queuedWork, type ReusedResults, type StageRecord } from './records.ts'
import { type Stage, stages } from './stage.ts'
import type { CaseStore } from './store.ts'
import { whoToTell } from './stuck.ts'
import type { TraceId } from './trace.ts'
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
): Promise<{ analysisId: string; waiting: boolean; first: Stage }> => {
  const { caseId, dumpId } = dump
  const adopted = await store.dumps.change({ caseId, dumpId }, (current) => adoptAnalysis(current, analysisId))
  const chosen = adopted.record?.currentAnalysisId
  if (chosen === null || chosen === undefined)
    throw new Error(`The dump ${dumpId} cannot be analysed in its state: ${adopted.refused}.`)

  const { lane = 'normal', traceId = null, fullScan } = dump
  const planned = stagesOf(dump)
  const fresh = { ...freshAnalysis(dump, chosen, engineVersion, at), lane, traceId, fullScan }
  await insertAnalysis(store, planned, fresh, at)
  await store.cases.change({ caseId }, (record) => showStatus(record, chosen, 'analysing'))
  await reopenForDump(store, adopted.record, chosen, at)
  // From here on the sweep finds the analysis; until here it finds the dump.
  await store.dumps.change({ caseId, dumpId }, handOver)
  const recordOf = (stage: Stage) => store.stages.get({ caseId, dumpId, analysisId: chosen, stage })
  // A repeat may find unpacked what was packed when the analysis began: it is still for that stage to call the next one.
  const unpack = dump.archive ? await recordOf('unpack') : null
  const first = unpack ?? (await recordOf(planned[0]))
  return { analysisId: chosen, waiting: first?.status === 'queued', first: first?.stage ?? planned[0] }
}

/** The event has the id of the analysis, so that a repeat does not record it twice. */
const reopenForDump = async (
  store: CaseStore,
  dump: DumpRecord | null,
  analysisId: string,
  at: Date,
): Promise<void> => {
  const record = dump === null ? null : await store.cases.get(dump)
  if (dump === null || record === null || !reopensFor(record, dump)) return
  const event = {
    caseId: dump.caseId,
    eventId: analysisId.replace(/^analysis/, 'event'),
    at: at.toISOString(),
    actor: 'dumpline',
    action: 'case.reopened',
    statement: 'The case was opened again, because a new dump came.',
  }
  await store.audit.insert(event, event)
  await store.cases.change(dump, (current) =>
    reopensFor(current, dump) ? reopenCase(current) : { refused: 'settled' },
  )
}

/** One more analysis of a dump that has one. */
export type FurtherBeginning = Beginning & {
  readonly lane: Lane
  readonly traceId: TraceId | null
  /** Scan all pages whatever the dump's size. */
  readonly fullScan?: boolean
  /** The batch that has it made: it then does not count before the batch is published. */
  readonly batchId?: string
  /** An earlier analysis of the same dump, and those of its first stages whose results are taken over from it. */
  readonly earlier?: { readonly analysis: AnalysisRecord; readonly stages: readonly StageRecord[] }
}

/**
 * Gives a dump a further analysis, beside the one that counts for it now: by another engine, or with a scan of all its
 * pages. The case goes on showing the one that stands until the new one is done and takes its place
 * (`promoteAnalysis`). May be repeated with the same id: the outcome is one analysis. `tell` is the stage whose message
 * brings it on, as long as it is waiting for one.
 */
export const beginFurtherAnalysis = async (
  store: CaseStore,
  dump: DumpRecord,
  { analysisId, engineVersion, at, lane, traceId, fullScan, batchId, earlier }: FurtherBeginning,
): Promise<{ waiting: boolean; tell: Stage }> => {
  const supersedes = dump.currentAnalysisId
  if (dump.status !== 'uploaded' || supersedes === null)
    throw new Error(`The dump ${dump.dumpId} has no analysis yet that a further one could follow.`)
  const fresh = freshAnalysis(dump, analysisId, engineVersion, at)
  const reused = earlier && reusedResults(earlier.analysis, earlier.stages)
  const record = { ...fresh, lane, traceId, fullScan, supersedes, batchId, reused }
  await insertAnalysis(store, stagesOf(dump), record, at, earlier?.stages)
  const id = { caseId: dump.caseId, dumpId: dump.dumpId, analysisId }
  const records = await Promise.all(stages.map((stage) => store.stages.get({ ...id, stage })))
  const written = records.filter((record) => record !== null)
  const held = written.find(({ status }) => status !== 'done' && status !== 'skipped')
  // The verdict follows whatever is there; any other stage is for the one before it to call, or to skip.
  const tell = held?.stage === 'verdict' ? 'verdict' : (whoToTell(written)?.tell ?? stagesOf(dump)[0])
  return { waiting: held?.status === 'queued', tell }
}

/** Where the results of stages that are taken over lie. */
const reusedResults = ({ analysisId, reused }: AnalysisRecord, taken: readonly StageRecord[]): ReusedResults => {
  const results: ReusedResults = {}
  for (const { stage, status } of taken)
    if (stage !== 'verdict' && status === 'done') results[stage] = reused?.[stage] ?? analysisId
  return results
}

const freshAnalysis = (
  { caseId, dumpId }: DumpRecord,
  analysisId: string,
  engineVersion: string,
  at: Date,
): AnalysisRecord => ({
  caseId,
  dumpId,
  analysisId,
  engineVersion,
  status: 'running',
  createdAt: at.toISOString(),
  finishedAt: null,
  headline: null,
  verdict: null,
  sweepAt: later(at, patienceMs).toISOString(),
})

/** The stages come first: the sweep finds an analysis by its record, and all its stages then. */
const insertAnalysis = async (
  store: CaseStore,
  planned: readonly Stage[],
  analysis: AnalysisRecord,
  at: Date,
  taken: readonly StageRecord[] = [],
): Promise<void> => {
  const { caseId, dumpId, analysisId } = analysis
  const id = { caseId, dumpId, analysisId }
  for (const stage of planned) {
    const fresh: StageRecord = { dumpId, analysisId, stage, ...queuedWork(at) }
    const earlier = taken.find((record) => record.stage === stage)
    await store.stages.insert({ ...id, stage }, earlier ? takenOver(fresh, earlier, at) : fresh)
  }
  await store.analyses.insert(id, analysis)
}

/** A stage as it ended in an earlier analysis; here it costs nothing. */
const takenOver = (fresh: StageRecord, { status, note }: StageRecord, at: Date): StageRecord => ({
  ...fresh,
  status,
  note,
  startedAt: at.toISOString(),
  finishedAt: at.toISOString(),
  cost: { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 },
})
