import { engineVersion } from '../../shared/analysis/engine-version.ts'
import { beginFurtherAnalysis } from '../../shared/cases/begin-analysis.ts'
import type { IdKind } from '../../shared/cases/ids.ts'
import type { Lane } from '../../shared/cases/lane.ts'
import type { AnalysisId } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import { adoptRefinement } from '../../shared/cases/transitions.ts'
import type { SendStage } from './stage-queues.ts'

export type RefinePorts = {
  readonly store: CaseStore
  readonly send: SendStage
  readonly now: () => Date
  readonly newId: (kind: IdKind) => string
}

/**
 * Has an analysis refined by a scan of all pages. How a verdict is published twice is decided here: the refined one is an
 * analysis of its own, which takes over what the first one read of the header, scans the pages, and then makes its own
 * imports and verdict. The first verdict stands, word for word and for good, and counts until the refined one is done. So
 * an analysis is never written over, whoever cites one finds what was cited, no reader has to know of revisions, and the
 * scan of an old dump, asked for by a person, is the same thing.
 *
 * Returns the refining analysis's id; null where there is no such analysis to refine. May be repeated: the refinement is
 * one. `again`: the id of an earlier refinement that came to nothing.
 */
export const refine = async (
  { store, send, now, newId }: RefinePorts,
  dump: DumpRecord,
  id: AnalysisId,
  lane: Lane,
  again: string | null = null,
): Promise<string | null> => {
  const fresh = newId('analysis')
  const { record: analysis } = await store.analyses.change(id, (record) => adoptRefinement(record, fresh, again))
  const analysisId = analysis?.refinedBy ?? null
  const header = await store.stages.get({ ...id, stage: 'header' })
  if (analysis === null || analysisId === null || header === null) return null
  const traceId = analysis.traceId ?? null
  const { waiting, tell } = await beginFurtherAnalysis(store, dump, {
    analysisId,
    engineVersion,
    at: now(),
    lane,
    traceId,
    fullScan: true,
    earlier: { analysis, stages: analysis.engineVersion === engineVersion && header.status === 'done' ? [header] : [] },
  })
  if (waiting) await send({ ...id, analysisId, stage: tell, attempt: 1, lane, traceId })
  return analysisId
}
