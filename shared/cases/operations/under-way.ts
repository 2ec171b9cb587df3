import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import { fetchAll, nameOf } from '../fetch-all.ts'
import { casePartition, type Key, runningPartition, sortKeys } from '../item-keys.ts'
import { Lane } from '../lane.ts'
import { AnalysisRecord, CaseRecord, StageRecord } from '../records.ts'
import { Stage, stages } from '../stage.ts'
import { whoToTell } from '../stuck.ts'
import type { Table } from '../table.ts'

/** An analysis under way: which stage it is at, and how that stands since when. */
export const AnalysisUnderWay = z.object({
  caseId: z.string(),
  title: z.string().nullable(),
  dumpId: z.string(),
  analysisId: z.string(),
  engineVersion: z.string(),
  lane: Lane,
  createdAt: Timestamp,
  stage: Stage,
  status: StageRecord.shape.status,
  since: Timestamp,
  attempt: Count,
  /** How often the sweep has sent the stage's message again. */
  sweeps: Count,
})
export type AnalysisUnderWay = z.infer<typeof AnalysisUnderWay>

/** `partial`: there are more than these. */
export type UnderWay = { readonly analyses: AnalysisUnderWay[]; readonly partial: boolean }

/** One look takes the oldest so many; each takes the reads of its case and its stages. */
const mostShown = 100

/** A tenant's analyses under way, the oldest first. Reads some hundred items at most. */
export const analysesUnderWay = async (table: Table, tenant: string): Promise<UnderWay> => {
  const listed = await table.listUp(runningPartition(tenant), null, mostShown + 1)
  const running = listed.slice(0, mostShown).map(({ record }) => AnalysisRecord.parse(record))
  const keysOf = (analysis: AnalysisRecord): Key[] => {
    const pk = casePartition(tenant, analysis.caseId)
    return [{ pk, sk: sortKeys.case() }, ...stages.map((stage) => ({ pk, sk: sortKeys.stage({ ...analysis, stage }) }))]
  }
  const found = await fetchAll(table, running.flatMap(keysOf))
  const analyses = running.flatMap((analysis) => {
    const [ofCase, ...ofStages] = keysOf(analysis).map((key) => found.get(nameOf(key))?.record)
    const records = ofStages.flatMap((record) => StageRecord.safeParse(record).data ?? [])
    return underWay(analysis, CaseRecord.safeParse(ofCase).data?.title ?? null, records)
  })
  return { analyses, partial: listed.length > mostShown }
}

const underWay = (
  analysis: AnalysisRecord,
  title: string | null,
  found: readonly StageRecord[],
): AnalysisUnderWay[] => {
  const held = whoToTell(found)?.held
  // While it is being set up it has no stage to be at.
  if (held === undefined) return []
  const { caseId, dumpId, analysisId, engineVersion, lane = 'normal', createdAt } = analysis
  const { stage, status, attempt, sweeps = 0 } = held
  const waits = [createdAt, held.queuedAt, ...found.map(({ finishedAt }) => finishedAt)]
  const times = status === 'running' ? [held.startedAt] : waits
  const since =
    times
      .filter((time) => typeof time === 'string')
      .sort()
      .at(-1) ?? createdAt
  return [{ caseId, title, dumpId, analysisId, engineVersion, lane, createdAt, stage, status, since, attempt, sweeps }]
}
