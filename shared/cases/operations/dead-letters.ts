import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import { fetchAll, nameOf } from '../fetch-all.ts'
import { casePartition, type Key, sortKeys } from '../item-keys.ts'
import { Lane } from '../lane.ts'
import { AnalysisRecord, CaseRecord, ShardRecord, StageRecord } from '../records.ts'
import { Stage } from '../stage.ts'
import type { Table } from '../table.ts'
import { QueueOwner } from './queue-owner.ts'

/** What a dead letter is about, as far as it says. */
export const Addressee = z.object({
  caseId: z.string().nullable(),
  dumpId: z.string().nullable(),
  analysisId: z.string().nullable(),
  stage: Stage.nullable(),
  shard: Count.nullable(),
  lane: Lane.nullable(),
  batchId: z.string().nullable(),
})
export type Addressee = z.infer<typeof Addressee>

/**
 * What sending it again does. `tries-again`: the work is taken up once more. `nothing`: what it was for is settled, or
 * gone. `not-known`: that does not stand in a stage's record.
 */
export const Effect = z.enum(['tries-again', 'nothing', 'not-known'])
export type Effect = z.infer<typeof Effect>

export const DeadLetter = Addressee.extend({
  queue: QueueOwner,
  messageId: z.string(),
  /** When the message was first sent. */
  sentAt: Timestamp,
  title: z.string().nullable(),
  /** How the stage, or the shard, stands now; null where there is none. */
  status: StageRecord.shape.status.nullable(),
  failedAt: Timestamp.nullable(),
  /** The sentence that its record has for people; null where it has none, for instance because its worker was killed. */
  why: z.string().nullable(),
  effect: Effect,
})
export type DeadLetter = z.infer<typeof DeadLetter>

export type Letter = Pick<DeadLetter, 'queue' | 'messageId' | 'sentAt'> & Addressee

/** Dead letters of a tenant with what its records say of them, in a few reads. */
export const explainLetters = async (
  table: Table,
  tenant: string,
  letters: readonly Letter[],
): Promise<DeadLetter[]> => {
  const keys = letters.map((letter) => keysOf(tenant, letter))
  const found = await fetchAll(
    table,
    keys.flatMap((each) => Object.values(each)),
  )
  return letters.map((letter, index) => {
    const read = (key: Key | undefined): unknown => key && found.get(nameOf(key))?.record
    const title = CaseRecord.safeParse(read(keys[index].case)).data?.title ?? null
    const analysis = AnalysisRecord.safeParse(read(keys[index].analysis)).data
    const work = z.union([ShardRecord, StageRecord]).safeParse(read(keys[index].work)).data
    const ended =
      work?.status === 'failed' ? { failedAt: work.finishedAt, why: work.note } : { failedAt: null, why: null }
    return { ...letter, title, status: work?.status ?? null, ...ended, effect: effectOn(letter, analysis, work) }
  })
}

const keysOf = (
  tenant: string,
  { caseId, dumpId, analysisId, stage, shard }: Letter,
): { case?: Key; analysis?: Key; work?: Key } => {
  if (caseId === null) return {}
  const pk = casePartition(tenant, caseId)
  const ofCase = { pk, sk: sortKeys.case() }
  if (dumpId === null || analysisId === null || stage === null) return { case: ofCase }
  const id = { dumpId, analysisId, stage }
  const sk = shard === null ? sortKeys.stage(id) : sortKeys.shard({ ...id, shard })
  return { case: ofCase, analysis: { pk, sk: sortKeys.analysis(id) }, work: { pk, sk } }
}

/** As a stage's function decides it when the message comes (functions/aws/stage-runner.ts, `claimStage`). */
const effectOn = (
  { stage }: Letter,
  analysis: AnalysisRecord | undefined,
  work: StageRecord | ShardRecord | undefined,
): Effect => {
  if (stage === null) return 'not-known'
  if (analysis === undefined || work === undefined || analysis.status === 'done') return 'nothing'
  if (work.status === 'failed')
    return work.retriable === true && analysis.status === 'failed' ? 'tries-again' : 'nothing'
  return work.status === 'done' || work.status === 'skipped' ? 'nothing' : 'tries-again'
}
