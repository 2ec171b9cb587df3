import { z } from 'zod'
import { Analysis } from '../../shared/analysis/analysis.ts'
import type { BatchSettings } from '../../shared/cases/batch.ts'
import { type AnalysisId, analysisKey } from '../../shared/cases/object-keys.ts'
import { factsOf } from '../../shared/cases/outcome.ts'
import type { AnalysisFacts, AnalysisRecord, StageRecord } from '../../shared/cases/records.ts'
import { type Stage, stages } from '../../shared/cases/stage.ts'
import { firstStageTouched } from '../../shared/stages/versions.ts'
import type { Documents } from '../aws/documents.ts'

/** The two parts of a stored analysis that say what made it, and of what. */
const Origin = z.object({ engine: Analysis.shape.engine, dump: Analysis.shape.dump })

/** From the record or, where that is of a time before it held them, from the analysis. Null for one that is not done. */
export const readFacts = async (
  documents: Documents,
  id: AnalysisId,
  { facts, status }: AnalysisRecord,
): Promise<AnalysisFacts | null> => {
  if (facts !== undefined) return facts
  if (status !== 'done') return null
  return factsOf(Origin.parse(JSON.parse(await documents.read(analysisKey(id)))))
}

/**
 * The first stage that a new analysis has to run: the first that comes out differently by the versions on record, or
 * that did not end well the last time, or that the operator asks for, whichever is the earliest. A dump without a
 * finished analysis begins anew.
 */
export const whereToBegin = (
  facts: AnalysisFacts | null,
  records: readonly StageRecord[],
  wanted: BatchSettings['beginAt'],
): Stage => {
  // Only an upload that was an archive has had something to unpack.
  const own = stages.filter((stage) => stage !== 'unpack' || records.some((record) => record.stage === stage))
  if (facts === null) return own[0]
  const touched = firstStageTouched(facts.data) ?? 'verdict'
  const unfinished = own.find((stage) => {
    const status = records.find((record) => record.stage === stage)?.status
    return status !== 'done' && status !== 'skipped'
  })
  const candidates: readonly (Stage | undefined)[] = [touched, unfinished, wanted === 'auto' ? 'verdict' : wanted]
  return stages.find((stage) => candidates.includes(stage)) ?? 'verdict'
}

/** The stages before the one where it begins: their results are taken over. */
export const stagesBefore = (beginAt: Stage, records: readonly StageRecord[]): StageRecord[] =>
  records.filter(({ stage }) => stages.indexOf(stage) < stages.indexOf(beginAt))
