import type { KeyedAnalysis } from '../../shared/cases/item-keys.ts'
import { later, nextBacklogLook, patienceMs } from '../../shared/cases/patience.ts'
import type { StageRecord } from '../../shared/cases/records.ts'
import { type Stage, stages } from '../../shared/cases/stage.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import { isSettledShard, nextLook, remedyFor, standingOf, whoToTell } from '../../shared/cases/stuck.ts'
import { giveUpStage, lookAtAnalysisAgain, noteSweep } from '../../shared/cases/transitions.ts'

import type { AnalysisSweepPorts } from './ports.ts'
import { sweepShards } from './sweep-shards.ts'

/** `alive` and `waiting` are left alone; `sent` and `given-up` name the stage that was stuck; of `told` the end was not announced. */
export type SweptAnalysis = {
  readonly end: 'settled' | 'alive' | 'waiting' | 'sent' | 'given-up' | 'told'
  readonly stage?: Stage
}

/**
 * Looks at a running analysis, and sends the message again that nobody has, or gives a hopeless stage up. The end of one
 * that has ended is announced, should that have got lost.
 */
export const sweepAnalysis = async (ports: AnalysisSweepPorts, id: KeyedAnalysis): Promise<SweptAnalysis> => {
  const store = ports.store(id.tenant)
  const at = ports.now()
  const analysis = await store.analyses.get(id)
  if (analysis === null || typeof analysis.sweepAt !== 'string' || analysis.sweepAt > at.toISOString())
    return { end: 'settled' }
  const lookAgain = (until: Date) => store.analyses.change(id, (record) => lookAtAnalysisAgain(record, until))
  // First of all the next look: should this one fail, it does not stand in the way of others.
  await lookAgain(later(at, patienceMs))
  if (analysis.status !== 'running') {
    await ports.tellEnd(id)
    await lookAgain(nextBacklogLook(new Date(analysis.finishedAt ?? analysis.createdAt), at))
    return { end: 'told' }
  }

  const standing = standingOf(analysis, await stagesOf(store, id), at)
  if (standing.standing === 'alive') {
    await lookAgain(standing.until)
    return { end: 'alive' }
  }
  const { held, tell } = standing
  const shards = held.status === 'waiting' ? await store.shardsOf({ ...id, stage: held.stage }) : []
  if (!shards.every(isSettledShard)) {
    const { end, until } = await sweepShards(ports, id, analysis, held, shards)
    await lookAgain(until)
    return { end, stage: held.stage }
  }
  // A stage whose shards are all settled has been told by the last of them.
  const since = latest([standing.since, ...shards.map(({ finishedAt }) => new Date(finishedAt ?? 0))])
  if (at < later(since, patienceMs)) {
    await lookAgain(later(since, patienceMs))
    return { end: 'alive' }
  }
  const lane = analysis.lane ?? 'normal'
  const remedy = remedyFor({ held, since }, await ports.backlog(tell, lane), at)
  if (remedy === 'wait') {
    await lookAgain(nextBacklogLook(since, at))
    return { end: 'waiting', stage: held.stage }
  }

  const message = { ...id, lane, traceId: analysis.traceId ?? null }
  if (remedy === 'give-up' && isOpen(held)) {
    const given = await store.stages.change({ ...id, stage: held.stage }, (stage) =>
      giveUpStage(stage, held, givenUp(held), at),
    )
    if (given.refused !== undefined) return { end: 'alive' }
    const next = whoToTell(await stagesOf(store, id))
    if (next !== null) await ports.send({ ...message, stage: next.tell, attempt: next.held.attempt })
    return { end: 'given-up', stage: held.stage }
  }
  const noted = await store.stages.change({ ...id, stage: held.stage }, (stage) => noteSweep(stage, held))
  if (noted.refused !== undefined) return { end: 'alive' }
  await ports.send({ ...message, stage: tell, attempt: held.stage === tell ? held.attempt : 1 })
  await lookAgain(nextLook(noted.record.sweeps ?? 1, at))
  return { end: 'sent', stage: held.stage }
}

/** In their order; fewer than all while the analysis is being set up. */
const stagesOf = async (store: CaseStore, id: KeyedAnalysis): Promise<StageRecord[]> => {
  const records = await Promise.all(stages.map((stage) => store.stages.get({ ...id, stage })))
  return records.filter((record) => record !== null)
}

const latest = (times: readonly Date[]): Date => new Date(Math.max(...times.map((time) => time.getTime())))

const isOpen = ({ status }: StageRecord): boolean => status === 'queued' || status === 'running' || status === 'waiting'

const givenUp = ({ status, attempt }: StageRecord): string =>
  status === 'running'
    ? `The stage was stopped each time before it could finish, ${attempt} times; it may need more memory or time than it has. dumpline’s operators have been told.`
    : 'Nobody took the stage up, though it was called several times. dumpline’s operators have been told.'
