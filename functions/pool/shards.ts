import { z } from 'zod'
import { Cost } from '../../shared/analysis/analysis.ts'
import { mapParallel } from '../../shared/bytes/parallel.ts'
import { shardPlanKey, shardResultKey } from '../../shared/cases/object-keys.ts'
import { queuedWork, type ShardRecord } from '../../shared/cases/records.ts'
import { isSettledShard } from '../../shared/cases/stuck.ts'
import { PoolCensus } from '../../shared/pool/pool-census.ts'
import { ScanPlan } from '../../shared/pool/scan-plan.ts'
import type { LostShards } from '../../shared/stages/pool-scan.ts'
import type { SendShard, SendStage } from '../aws/stage-queues.ts'
import type { StageContext } from '../aws/stage-runner.ts'

/**
 * The pool stage's shards: one record each, which are counted and nothing else, and one result each under its own key.
 * The plan is written before the records are, the records before the stage waits, and only then are messages sent.
 */

/** How the scan was divided, and what it took to find out. */
export const WrittenPlan = ScanPlan.extend({ cost: Cost })
export type WrittenPlan = z.infer<typeof WrittenPlan>

/** What a shard left. */
export const ShardResult = z.object({ census: PoolCensus, cost: Cost })
export type ShardResult = z.infer<typeof ShardResult>

export type ShardSenders = { readonly send: SendStage; readonly sendShard: SendShard }

export const shardsOfPool = ({ store, id }: StageContext): Promise<ShardRecord[]> =>
  store.shardsOf({ ...id, stage: 'pool' })

/** Whether all have been written down: a worker may have died on the way. */
export const areComplete = (shards: readonly ShardRecord[]): boolean =>
  shards.length > 0 && shards.length === shards[0].of

/** Writes the plan, then a record for each shard; doing so again after a crash adds what is missing. */
export const writePlan = async ({ id, store, documents, now }: StageContext, plan: WrittenPlan): Promise<void> => {
  const { dumpId, analysisId } = id
  await documents.write(shardPlanKey(id), JSON.stringify(plan))
  const of = plan.shards.length
  for (let shard = 0; shard < of; shard++)
    await store.shards.insert(
      { ...id, stage: 'pool', shard },
      { dumpId, analysisId, stage: 'pool', shard, of, ...queuedWork(now()) },
    )
}

/** The plan that `writePlan` wrote for this analysis. */
export const readPlan = async ({ id, documents }: StageContext): Promise<WrittenPlan> =>
  WrittenPlan.parse(JSON.parse(await documents.read(shardPlanKey(id))))

const readsAtOnce = 8

/** What the shards that could be done have found, and why others could not. */
export const readShards = async (
  { id, documents }: StageContext,
  shards: readonly ShardRecord[],
): Promise<{ readonly results: readonly ShardResult[]; readonly lost: LostShards }> => {
  const done = shards.filter(({ status }) => status === 'done')
  const results = await mapParallel(done, readsAtOnce, async ({ shard }) =>
    ShardResult.parse(JSON.parse(await documents.read(shardResultKey(id, shard)))),
  )
  const failed = shards.filter(({ status }) => status === 'failed')
  return { results, lost: { of: shards.length, reasons: failed.map(({ note }) => note ?? 'It is not known why.') } }
}

/** Has each shard worked on that nobody has taken up, or, once all are settled, the stage itself. */
export const tellShards = async (context: StageContext, { send, sendShard }: ShardSenders): Promise<void> => {
  const { id, journey } = context
  const shards = await shardsOfPool(context)
  if (shards.every(isSettledShard)) return tellStage(context, send)
  for (const { shard, status, attempt } of shards)
    if (status === 'queued') await sendShard({ ...id, ...journey, stage: 'pool', shard, attempt })
}

/** The last shard to be settled has the stage go on. Told twice it goes on once. */
export const tellStageIfSettled = async (context: StageContext, send: SendStage): Promise<void> => {
  if ((await shardsOfPool(context)).every(isSettledShard)) await tellStage(context, send)
}

const tellStage = async ({ id, journey, store }: StageContext, send: SendStage): Promise<void> => {
  const record = await store.stages.get({ ...id, stage: 'pool' })
  if (record?.status === 'waiting') await send({ ...id, ...journey, stage: 'pool', attempt: record.attempt })
}
