import { later, messageLifeMs, mostSweeps, patienceMs } from './patience.ts'
import type { AnalysisRecord, ShardRecord, StageRecord, Work } from './records.ts'
import { analysisStages, essentialStages, type Stage } from './stage.ts'

/**
 * Where a running analysis stands, as far as its records tell.
 * `alive`: somebody is at it, or is about to be; look again at `until`.
 * `lost`: nobody is. The stage `tell` has to be sent its message, which brings the stage `held` on: `held` itself, or
 * the one before it, whose repeat runs nothing and passes the analysis on once more.
 */
export type Standing =
  | { readonly standing: 'alive'; readonly until: Date }
  | { readonly standing: 'lost'; readonly held: StageRecord; readonly tell: Stage; readonly since: Date }

const isSettled = ({ status }: StageRecord): boolean => status === 'done' || status === 'failed' || status === 'skipped'

/** Whom a message has to be sent, and what waits for it. Null while the stages have not all been written yet. */
export const whoToTell = (stages: readonly StageRecord[]): { held: StageRecord; tell: Stage } | null => {
  // The stage `unpack`, where there is one, is written before the others.
  if (stages.filter(({ stage }) => stage !== 'unpack').length < analysisStages.length) return null
  const failed = stages.find(({ stage, status }) => status === 'failed' && essentialStages.includes(stage))
  if (failed !== undefined) return { held: failed, tell: failed.stage }
  const index = stages.findIndex((stage) => !isSettled(stage))
  // Everything is settled and the analysis runs on: the verdict was not announced.
  if (index === -1) return { held: stages[stages.length - 1], tell: stages[stages.length - 1].stage }
  const held = stages[index]
  if (index === 0 || held.status !== 'queued' || stages[index - 1].status === 'failed')
    return { held, tell: held.stage }
  // What follows a done stage is for that stage to say: it may have meant to skip the one that waits.
  const done = stages.slice(0, index).filter(({ status }) => status === 'done')
  return { held, tell: done[done.length - 1]?.stage ?? held.stage }
}

/** The analysis at a time, from its stages in their order. */
export const standingOf = (analysis: AnalysisRecord, stages: readonly StageRecord[], at: Date): Standing => {
  const who = whoToTell(stages)
  if (who === null) return { standing: 'alive', until: later(at, patienceMs) }
  const { held, tell } = who
  const since = lastSignOfLife(analysis, stages, held)
  const until = later(since, patienceMs)
  return at < until ? { standing: 'alive', until } : { standing: 'lost', held, tell, since }
}

/** The end of its worker's lease, or else the latest thing that is known to have happened before it came to wait. */
const lastSignOfLife = (analysis: AnalysisRecord, stages: readonly StageRecord[], held: StageRecord): Date => {
  const times =
    held.status === 'running'
      ? [held.leaseUntil ?? held.startedAt]
      : [analysis.createdAt, held.queuedAt, ...stages.map(({ finishedAt }) => finishedAt)]
  return new Date(Math.max(...times.map((time) => (time === null || time === undefined ? 0 : Date.parse(time)))))
}

export const isSettledShard = ({ status }: ShardRecord): boolean => status === 'done' || status === 'failed'

/** The same of a shard without a result: from the end of its worker's lease, or from when it came to wait. */
export const standingOfShard = (
  { status, leaseUntil, startedAt, queuedAt }: ShardRecord,
  at: Date,
): { readonly standing: 'alive'; readonly until: Date } | { readonly standing: 'lost'; readonly since: Date } => {
  const since = new Date((status === 'running' ? (leaseUntil ?? startedAt) : queuedAt) ?? 0)
  const until = later(since, patienceMs)
  return at < until ? { standing: 'alive', until } : { standing: 'lost', since }
}

/** What the sweep does about a lost analysis or shard. `backlog`: how many messages wait in the queue of the stage to be told. */
export type Remedy = 'wait' | 'send' | 'give-up'

/**
 * A stage behind a backlog is not lost but waiting; its message is sent again only once it cannot be in the queue any
 * more. One whose worker died is sent again at once, and then waits like the others.
 */
export const remedyFor = ({ held, since }: { held: Work; since: Date }, backlog: number, at: Date): Remedy => {
  const sweeps = held.sweeps ?? 0
  const mayBeQueued = held.status !== 'running' || sweeps > 0
  if (backlog > 0 && mayBeQueued && at.getTime() - since.getTime() < messageLifeMs) return 'wait'
  return sweeps < mostSweeps ? 'send' : 'give-up'
}

/** When to look again after the n-th sending: the wait doubles. */
export const nextLook = (sweeps: number, at: Date): Date => later(at, patienceMs * 2 ** Math.min(sweeps, 8))
