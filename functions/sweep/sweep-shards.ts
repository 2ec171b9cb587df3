import type { KeyedAnalysis } from '../../shared/cases/item-keys.ts'
import { later, nextBacklogLook, patienceMs } from '../../shared/cases/patience.ts'
import type { AnalysisRecord, ShardRecord, StageRecord } from '../../shared/cases/records.ts'
import { isSettledShard, nextLook, remedyFor, standingOfShard } from '../../shared/cases/stuck.ts'
import { giveUpStage, noteSweep } from '../../shared/cases/transitions.ts'
import type { AnalysisSweepPorts } from './ports.ts'

/** What the sweep did about the shards of a stage that waits for them, and when to look again. */
export type SweptShards = { readonly end: 'alive' | 'waiting' | 'sent' | 'given-up'; readonly until: Date }

/**
 * Looks at each shard that has no result: sends the message of one that is lost once more, and of it alone, or gives up
 * one that is hopeless. The last shard to be settled so has the stage go on.
 */
export const sweepShards = async (
  ports: AnalysisSweepPorts,
  id: KeyedAnalysis,
  analysis: AnalysisRecord,
  stage: StageRecord,
  shards: readonly ShardRecord[],
): Promise<SweptShards> => {
  const { stage: name } = stage
  const store = ports.store(id.tenant)
  const at = ports.now()
  const lane = analysis.lane ?? 'normal'
  const message = { ...id, lane, traceId: analysis.traceId ?? null, stage: name }
  const done = new Set<SweptShards['end']>()
  let until = Number.POSITIVE_INFINITY
  const lookAt = (time: Date): void => {
    until = Math.min(until, time.getTime())
  }

  for (const shard of shards.filter((one) => !isSettledShard(one))) {
    const standing = standingOfShard(shard, at)
    if (standing.standing === 'alive') {
      lookAt(standing.until)
      continue
    }
    const remedy = remedyFor({ held: shard, since: standing.since }, await ports.backlog('scan', lane), at)
    const change = (step: Parameters<typeof store.shards.change>[1]) =>
      store.shards.change({ ...id, stage: name, shard: shard.shard }, step)
    if (remedy === 'wait') {
      done.add('waiting')
      lookAt(nextBacklogLook(standing.since, at))
      continue
    }
    const changed = await change((record) =>
      remedy === 'give-up' ? giveUpStage(record, shard, givenUp(shard), at) : noteSweep(record, shard),
    )
    if (changed.refused !== undefined) {
      lookAt(later(at, patienceMs))
      continue
    }
    done.add(remedy === 'give-up' ? 'given-up' : 'sent')
    if (remedy === 'give-up') continue
    await ports.sendShard({ ...message, shard: shard.shard, attempt: shard.attempt })
    lookAt(nextLook(changed.record.sweeps ?? 1, at))
  }

  if (done.has('given-up') && (await store.shardsOf({ ...id, stage: name })).every(isSettledShard))
    await ports.send({ ...message, attempt: stage.attempt })
  const end = (['given-up', 'sent', 'waiting'] as const).find((one) => done.has(one)) ?? 'alive'
  return { end, until: until === Number.POSITIVE_INFINITY ? later(at, patienceMs) : new Date(until) }
}

const givenUp = ({ status, attempt }: ShardRecord): string =>
  status === 'running'
    ? `Its worker was stopped each time before it could finish, ${attempt} times; it may need more memory or time than it has. dumpline’s operators have been told.`
    : 'Nobody took it up, though it was called several times. dumpline’s operators have been told.'
