import type { Lane } from './lane.ts'
import { later, patienceMs } from './patience.ts'
import type { AnalysisRecord, DumpRecord } from './records.ts'
import { stages } from './stage.ts'
import type { CaseStore } from './store.ts'
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
): Promise<{ analysisId: string; waiting: boolean }> => {
  const { caseId, dumpId } = dump
  const adopted = await store.dumps.change({ caseId, dumpId }, (current) => adoptAnalysis(current, analysisId))
  const chosen = adopted.record?.currentAnalysisId
  if (chosen === null || chosen === undefined)
    throw new Error(`The dump ${dumpId} cannot be analysed in its state: ${adopted.refused}.`)

  const { lane = 'normal', traceId = null, fullScan } = dump
  await insertAnalysis(store, { ...freshAnalysis(dump, chosen, engineVersion, at), lane, traceId, fullScan }, at)
  await store.cases.change({ caseId }, (record) => showStatus(record, chosen, 'analysing'))
  // From here on the sweep finds the analysis; until here it finds the dump.
  await store.dumps.change({ caseId, dumpId }, handOver)
  return { analysisId: chosen, waiting: await firstStageWaits(store, { caseId, dumpId, analysisId: chosen }) }
}

/** One more analysis of a dump that has one. */
export type FurtherBeginning = Beginning & {
  readonly lane: Lane
  readonly traceId: TraceId | null
  /** Scan all pages whatever the dump's size. */
  readonly fullScan?: boolean
}

/**
 * Gives a dump a further analysis, beside the one that counts for it now: by another engine, or with a scan of all its
 * pages. The case goes on showing the one that stands until the new one is done and takes its place
 * (`promoteAnalysis`). May be repeated with the same id: the outcome is one analysis.
 */
export const beginFurtherAnalysis = async (
  store: CaseStore,
  dump: DumpRecord,
  { analysisId, engineVersion, at, lane, traceId, fullScan }: FurtherBeginning,
): Promise<{ waiting: boolean }> => {
  const supersedes = dump.currentAnalysisId
  if (dump.status !== 'uploaded' || supersedes === null)
    throw new Error(`The dump ${dump.dumpId} has no analysis yet that a further one could follow.`)
  const fresh = freshAnalysis(dump, analysisId, engineVersion, at)
  await insertAnalysis(store, { ...fresh, lane, traceId, fullScan, supersedes }, at)
  return { waiting: await firstStageWaits(store, fresh) }
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
const insertAnalysis = async (store: CaseStore, analysis: AnalysisRecord, at: Date): Promise<void> => {
  const { caseId, dumpId, analysisId } = analysis
  const id = { caseId, dumpId, analysisId }
  for (const stage of stages)
    await store.stages.insert(
      { ...id, stage },
      {
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
      },
    )
  await store.analyses.insert(id, analysis)
}

const firstStageWaits = async (
  store: CaseStore,
  { caseId, dumpId, analysisId }: { caseId: string; dumpId: string; analysisId: string },
): Promise<boolean> => (await store.stages.get({ caseId, dumpId, analysisId, stage: stages[0] }))?.status === 'queued'
