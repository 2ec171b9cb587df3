import { later, patienceMs } from './patience.ts'
import type { AnalysisRecord, DumpRecord } from './records.ts'
import { stages } from './stage.ts'
import type { CaseStore } from './store.ts'
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

  const analysis: AnalysisRecord = {
    caseId,
    dumpId,
    analysisId: chosen,
    engineVersion,
    status: 'running',
    createdAt: at.toISOString(),
    finishedAt: null,
    headline: null,
    verdict: null,
    lane: dump.lane ?? 'normal',
    traceId: dump.traceId ?? null,
    sweepAt: later(at, patienceMs).toISOString(),
  }
  const id = { caseId, dumpId, analysisId: chosen }
  await store.analyses.insert(id, analysis)
  for (const stage of stages)
    await store.stages.insert(
      { ...id, stage },
      {
        dumpId,
        analysisId: chosen,
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
  await store.cases.change({ caseId }, (record) => showStatus(record, chosen, 'analysing'))
  // From here on the sweep finds the analysis; until here it finds the dump.
  await store.dumps.change({ caseId, dumpId }, handOver)
  const first = await store.stages.get({ ...id, stage: stages[0] })
  return { analysisId: chosen, waiting: first?.status === 'queued' }
}
