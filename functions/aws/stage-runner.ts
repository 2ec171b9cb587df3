import type { Cost } from '../../shared/analysis/analysis.ts'
import { isTagged } from '../../shared/bytes/tagged-error.ts'
import type { Changed } from '../../shared/cases/collection.ts'
import type { AnalysisId } from '../../shared/cases/object-keys.ts'
import type { AnalysisRecord, DumpRecord, Work } from '../../shared/cases/records.ts'
import { essentialStages, type Stage } from '../../shared/cases/stage.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import {
  claimStage,
  divideStage,
  failAnalysis,
  failStage,
  finishStage,
  releaseStage,
  resumeAnalysis,
  type Step,
  showStatus,
} from '../../shared/cases/transitions.ts'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import type { TellEnd } from './announce-queue.ts'
import type { Documents } from './documents.ts'

/** One delivery of a stage's message. */
export type Delivery = {
  readonly message: StageMessage
  /** The message's own id, the same at each of its deliveries. */
  readonly messageId: string
  /** If this delivery fails, the message goes to the dead-letter queue. */
  readonly last: boolean
  /** How long the function may still run: a worker that lasts longer is dead. */
  readonly leaseMs: number
}

/** What a stage's job works with. */
export type StageContext = {
  readonly id: AnalysisId
  /** What the message for the next stage takes on from this one's. */
  readonly journey: Pick<StageMessage, 'lane' | 'traceId'>
  readonly store: CaseStore
  readonly documents: Documents
  readonly dump: DumpRecord
  /** As it was when the stage began. */
  readonly analysis: AnalysisRecord
  readonly now: () => Date
  /** Aborted when the function's time is nearly over, which is `workingMs` after the stage began. */
  readonly signal: AbortSignal
  readonly workingMs: number
  readonly tellEnd: TellEnd
}

/**
 * A result and what making it cost; or the work was divided into shards, whose records and plan are in their places; or
 * it got as far as the time allowed, what is done is kept, and another call of the stage goes on from there.
 */
export type Made =
  | { readonly result: object; readonly cost: Cost }
  | { readonly divided: true }
  | { readonly unfinished: true }

/** What distinguishes one stage from another, or one shard of a stage. */
export type StageJob = {
  readonly stage: Stage
  /** The shard's number; none for the stage itself. */
  readonly shard?: number
  readonly resultKey: (id: AnalysisId) => string
  /** Makes the stage's result, and tells what this stage alone cost. */
  readonly run: (context: StageContext) => Promise<Made>
  /** Passes the analysis on once the stage is settled, however it ended, or is queued once more. May be asked again: everything in it may repeat. */
  readonly passOn: (context: StageContext) => Promise<void>
}

export type StagePorts = {
  readonly store: (tenant: string) => CaseStore
  readonly documents: Documents
  readonly now: () => Date
  readonly tellEnd: TellEnd
}

/** `ran`, `divided`, `unfinished`, `failed` and `settled` pass the analysis on; the others leave everything as it is. */
export type StageEnd =
  /** `sinceUploadMs`: from the end of the dump's upload until now; null for a further analysis, for which nobody waited. */
  | { readonly end: 'ran'; readonly cost: Cost; readonly sinceUploadMs: number | null }
  | { readonly end: 'failed'; readonly error: unknown }
  | { readonly end: 'divided' | 'unfinished' | 'settled' | 'fenced' | 'unknown' }

/** Another worker holds the stage and may be alive; its message has to come back later. */
export class StageBusy extends Error {
  override readonly name = 'StageBusy'
}

/**
 * Runs one delivery of a stage: claim, work, result to S3, record, next message; in this order, so that a crash after
 * any of them is made good by the next delivery. Returns when the message is dealt with; throws when it has to be
 * delivered again. A result is written before its record is, by whoever holds the claim; a late worker may write it
 * once more, which changes nothing, because a result is a pure function of the dump.
 */
export const runStage = async (job: StageJob, ports: StagePorts, delivery: Delivery): Promise<StageEnd> => {
  const { message } = delivery
  const { caseId, dumpId, analysisId, tenant } = message
  const id = { tenant, caseId, dumpId, analysisId }
  const store = ports.store(tenant)
  const [dump, analysis] = await Promise.all([store.dumps.get(id), store.analyses.get(id)])
  if (dump === null || analysis === null) return { end: 'unknown' }
  if (analysis.status === 'done') return { end: 'settled' }

  const mostMs = workingMs(delivery.leaseMs)
  const deadline = AbortSignal.timeout(mostMs)
  const { lane, traceId } = message
  const { documents, now, tellEnd } = ports
  const context = {
    id,
    journey: { lane, traceId },
    store,
    documents,
    dump,
    analysis,
    now,
    signal: deadline,
    workingMs: mostMs,
    tellEnd,
  }
  const change = changeOf(job, store, id)
  const claimed = await change((record) =>
    claimStage(record, {
      attempt: message.attempt,
      at: now(),
      leaseMs: delivery.leaseMs,
      by: delivery.messageId,
      resuming: analysis.status === 'failed',
    }),
  )
  if (claimed.refused === 'absent') return { end: 'unknown' }
  if (claimed.refused === 'busy') throw new StageBusy(`${nameOf(job)} is being worked on.`)
  if (claimed.refused !== undefined) {
    await afterSettling(job, context, claimed.record?.status === 'failed')
    return { end: 'settled' }
  }
  const { attempt } = claimed.record

  const fail = async (note: string, retriable: boolean): Promise<void> => {
    const failed = await change((record) => failStage(record, attempt, { note, at: now(), retriable }))
    if (failed.refused === undefined || failed.refused === 'settled') await afterSettling(job, context, true)
  }

  let cost: Cost
  try {
    if (analysis.status === 'failed' && job.shard === undefined) {
      await store.analyses.change(id, (record) => resumeAnalysis(record, now()))
      if (isFirst(analysis))
        await store.cases.change(id, (record) => showStatus(record, analysisId, 'analysing', { resumed: true }))
    }
    const made = await within(deadline, job.run(context))
    if ('divided' in made) {
      const divided = await change((record) => divideStage(record, attempt, now()))
      if (divided.refused !== undefined && divided.refused !== 'settled') return { end: 'fenced' }
      await job.passOn(context)
      return { end: 'divided' }
    }
    if ('unfinished' in made) {
      const released = await change((record) => releaseStage(record, attempt, now()))
      if (released.refused !== undefined && released.refused !== 'settled') return { end: 'fenced' }
      await job.passOn(context)
      return { end: 'unfinished' }
    }
    await documents.write(job.resultKey(id), JSON.stringify(made.result))
    cost = made.cost
  } catch (error) {
    if (isTagged(error)) {
      await fail(`${error.message} ${error.advice}`, false)
      return { end: 'failed', error }
    }
    if (delivery.last) await fail(unexpectedFailure(error), true)
    else await change((record) => releaseStage(record, attempt, now()))
    throw error
  }
  const finished = await change((record) => finishStage(record, attempt, cost, now()))
  if (finished.refused !== undefined && finished.refused !== 'settled') return { end: 'fenced' }
  await job.passOn(context)
  const uploadedAt = Date.parse(dump.uploadedAt ?? dump.createdAt)
  return { end: 'ran', cost, sinceUploadMs: isFirst(analysis) ? now().getTime() - uploadedAt : null }
}

/** Changes the record of the stage, or of its shard. */
const changeOf = ({ stage, shard }: StageJob, store: CaseStore, id: AnalysisId) => {
  type Change = (step: <W extends Work>(record: W) => Step<W>) => Promise<Changed<Work>>
  const change: Change =
    shard === undefined
      ? (step) => store.stages.change({ ...id, stage }, step)
      : (step) => store.shards.change({ ...id, stage, shard }, step)
  return change
}

const nameOf = ({ stage, shard }: StageJob): string =>
  shard === undefined ? `The stage ${stage}` : `Shard ${shard} of the stage ${stage}`

/** What a settled stage leads to, however often it is asked: the next stage, or the end of an analysis that cannot go on. */
const afterSettling = async (job: StageJob, context: StageContext, hasFailed: boolean): Promise<void> => {
  if (!hasFailed || !essentialStages.includes(job.stage)) return job.passOn(context)
  const { id, store, now, analysis } = context
  if (isFirst(analysis)) await store.cases.change(id, (record) => showStatus(record, id.analysisId, 'failed'))
  await store.analyses.change(id, (record) => failAnalysis(record, now()))
  await context.tellEnd(id)
}

/** A further analysis of a dump is not shown on the case until it is done: another one's verdict stands. */
const isFirst = ({ supersedes }: AnalysisRecord): boolean => supersedes === null || supersedes === undefined

/** The time to work in: all but a tenth, at most ten seconds, kept for writing down that it ran out. */
export const workingMs = (leaseMs: number): number => Math.max(1, Math.floor(leaseMs - Math.min(10_000, leaseMs / 10)))

/** The work, or a rejection when the time is up. The work itself notices at its next read (`context.signal`). */
const within = <T>(deadline: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    deadline.addEventListener('abort', () => reject(deadline.reason), { once: true })
    work.then(resolve, reject)
  })

/** A sentence for the person watching. It names the kind of error only: messages of unforeseen errors may quote memory. */
const unexpectedFailure = (error: unknown): string => {
  const name = error instanceof Error ? error.name : typeof error
  return name === 'TimeoutError'
    ? 'The stage did not finish within its time, several times over; dumpline’s operators can see its message in the dead-letter queue.'
    : `The stage stopped at an unexpected error (${name}) several times over; dumpline’s operators can see its message in the dead-letter queue.`
}
