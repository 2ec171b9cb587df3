import { timeOfId } from '../ids.ts'
import { failurePartition, finishedPartition, type ListKey, runningPartition, spentPartition } from '../item-keys.ts'
import type { AnalysisRecord, ShardRecord, StageRecord } from '../records.ts'

/**
 * Where the index `case-list` finds work by what became of it. The record's own item carries the key, so that a list is
 * never at odds with the records: what is taken up again leaves the list of failures, what ends that of what runs.
 */

/** Failed work is listed by when; work that cost something, and is done for good, by the day its analysis began. */
export const workPlace = (tenant: string, work: StageRecord | ShardRecord): Partial<ListKey> => {
  const { status, finishedAt, cost, analysisId, stage } = work
  if (finishedAt === null) return {}
  const listSk = `${finishedAt}#${analysisId}#${stage}${'shard' in work ? `#${work.shard}` : ''}`
  if (status === 'failed') return { listPk: failurePartition(tenant), listSk }
  // Results that were taken over from an earlier analysis cost nothing here.
  return status === 'done' && cost !== null && cost.milliseconds > 0
    ? { listPk: spentPartition(tenant, dayOf(new Date(timeOfId(analysisId)))), listSk }
    : {}
}

/** Analyses under way by when they began, finished ones by when they were done. One that failed may still be resumed. */
export const analysisPlace = (tenant: string, analysis: AnalysisRecord): Partial<ListKey> => {
  const { status, createdAt, finishedAt, analysisId } = analysis
  if (status === 'running') return { listPk: runningPartition(tenant), listSk: `${createdAt}#${analysisId}` }
  return status === 'done' && finishedAt !== null
    ? { listPk: finishedPartition(tenant), listSk: `${finishedAt}#${analysisId}` }
    : {}
}

/** `2026-05-04`, of UTC. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10)
