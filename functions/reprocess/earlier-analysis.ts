import { z } from 'zod'
import { Analysis } from '../../shared/analysis/analysis.ts'
import { dumpObject } from '../../shared/cases/archived-dump.ts'
import type { BatchSettings } from '../../shared/cases/batches/batch.ts'
import { type AnalysisId, analysisKey, type DumpId, dumpKey } from '../../shared/cases/object-keys.ts'
import { factsOf } from '../../shared/cases/outcome.ts'
import type { AnalysisFacts, AnalysisRecord, DumpRecord, StageRecord } from '../../shared/cases/records.ts'
import { analysisStages, type Stage, stages } from '../../shared/cases/stage.ts'
import { firstStageTouched } from '../../shared/stages/versions.ts'
import type { Documents } from '../aws/documents.ts'
import type { ReprocessPorts } from './ports.ts'

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
 * finished analysis begins anew, and an archive that could not be unpacked is unpacked before that.
 */
export const whereToBegin = (
  facts: AnalysisFacts | null,
  records: readonly StageRecord[],
  wanted: BatchSettings['beginAt'],
): Stage => {
  if (facts === null) return analysisStages[0]
  const touched = firstStageTouched(facts.data) ?? 'verdict'
  const unfinished = analysisStages.find(
    (stage) => !records.some((record) => record.stage === stage && endedWell(record)),
  )
  const candidates: readonly (Stage | undefined)[] = [touched, unfinished, wanted === 'auto' ? 'verdict' : wanted]
  return stages.find((stage) => candidates.includes(stage)) ?? 'verdict'
}

const endedWell = ({ status }: StageRecord): boolean => status === 'done' || status === 'skipped'

/** The stages before the one where it begins: their results are taken over. An archive is unpacked once. */
export const stagesBefore = (beginAt: Stage, records: readonly StageRecord[]): StageRecord[] =>
  records.filter((record) => stages.indexOf(record.stage) < stages.indexOf(beginAt) && endedWell(record))

/** Whether storage still has the bytes that a dump's stages read: a sentence why not, or null. */
export const whyUnreadable = async (
  head: ReprocessPorts['head'],
  id: DumpId,
  dump: DumpRecord,
): Promise<string | null> => {
  // An archive that was never unpacked is itself what is read.
  const { key, etag } = dumpObject(id, dump) ?? { key: dumpKey(id), etag: dump.etag }
  const object = await head(key)
  if (object === null) return 'The dump is no longer in storage, and a stage that reads it has to run.'
  return object.etag === etag ? null : 'Storage has other bytes under the name of this dump by now.'
}
