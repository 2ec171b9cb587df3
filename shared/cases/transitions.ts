import type { Cost } from '../analysis/analysis.ts'
import type { Verdict } from '../analysis/finding.ts'
import type { AnalysisRecord, CaseRecord, DumpRecord, StageRecord } from './records.ts'

/**
 * The state machine of case → dump → analysis → stage. Each step takes a record as it was read and returns the record
 * to write, or why the step is not open to it; the store writes it only if the record is still the one that was read.
 * So whoever comes late, twice or at once finds a refusal instead of doing harm.
 */
export type Step<R> = { readonly next: R; readonly refused?: never } | { readonly refused: Refusal }

/**
 * `absent`: there is no such record. `settled`: it is past this step already; a repeat has nothing to do.
 * `busy`: another worker has it and may still be alive. `fenced`: a later attempt took over from this one.
 * `conflict`: its state does not allow the step at all.
 */
export type Refusal = 'absent' | 'settled' | 'busy' | 'fenced' | 'conflict'

type Move<S> = { readonly from: readonly S[]; readonly to: S }
type Machine = {
  readonly dump: Record<'pin' | 'abort', Move<DumpRecord['status']>>
  readonly analysis: Record<'finish' | 'fail' | 'resume', Move<AnalysisRecord['status']>>
  readonly stage: Record<'claim' | 'finish' | 'fail' | 'release' | 'skip', Move<StageRecord['status']>>
}

/** Which states each step starts from and where it leads: the whole machine at a glance. */
export const machine: Machine = {
  dump: {
    pin: { from: ['uploading'], to: 'uploaded' },
    abort: { from: ['uploading'], to: 'aborted' },
  },
  analysis: {
    finish: { from: ['running'], to: 'done' },
    fail: { from: ['running'], to: 'failed' },
    resume: { from: ['failed'], to: 'running' },
  },
  stage: {
    /** From `failed` when a dead letter is sent again, from `running` when the worker's time is over. */
    claim: { from: ['queued', 'failed', 'running'], to: 'running' },
    finish: { from: ['running'], to: 'done' },
    fail: { from: ['running'], to: 'failed' },
    release: { from: ['running'], to: 'queued' },
    skip: { from: ['queued'], to: 'skipped' },
  },
}

/** The record moved and changed; `settled` if it is in the end state already, `conflict` if the move is not open. */
const move = <R extends { readonly status: string }>(
  record: R,
  { from, to }: Move<R['status']>,
  changes: Partial<R> = {},
): Step<R> => {
  if (from.includes(record.status)) return { next: { ...record, ...changes, status: to } }
  return { refused: record.status === to ? 'settled' : 'conflict' }
}

const iso = (at: Date): string => at.toISOString()

/** The finished object as S3 reports it. */
export type PinnedObject = {
  readonly bytes: number
  readonly etag: string
  readonly versionId: string | null
}

/** The upload is complete: from now on the dump is this one version of the object. */
export const pinDump = (dump: DumpRecord, object: PinnedObject, at: Date): Step<DumpRecord> =>
  move(dump, machine.dump.pin, { ...object, uploadedAt: iso(at) })

export const abortDump = (dump: DumpRecord): Step<DumpRecord> => move(dump, machine.dump.abort)

/** Gives a dump its first analysis. Whoever comes second finds the first one's id in the record. */
export const adoptAnalysis = (dump: DumpRecord, analysisId: string): Step<DumpRecord> => {
  if (dump.status !== 'uploaded') return { refused: 'conflict' }
  return dump.currentAnalysisId === null ? { next: { ...dump, currentAnalysisId: analysisId } } : { refused: 'settled' }
}

/**
 * Takes a stage for one worker. Each claim has its own attempt number, which every later write of that worker must
 * still find in the record. A worker that lasts longer than `leaseMs` (its function's timeout) is taken for dead.
 */
export const claimStage = (
  stage: StageRecord,
  { attempt, at, leaseMs }: { attempt: number; at: Date; leaseMs: number },
): Step<StageRecord> => {
  if (stage.status === 'done' || stage.status === 'skipped') return { refused: 'settled' }
  const startedAt = stage.startedAt === null ? 0 : Date.parse(stage.startedAt)
  if (stage.status === 'running' && at.getTime() < startedAt + leaseMs) return { refused: 'busy' }
  const next = stage.status === 'queued' ? stage.attempt : stage.attempt + 1
  return move(stage, machine.stage.claim, {
    attempt: Math.max(next, attempt),
    startedAt: iso(at),
    finishedAt: null,
    cost: null,
    note: null,
  })
}

/** A step of the worker that claimed `attempt`, and of no other. */
const asWorker = (
  stage: StageRecord,
  attempt: number,
  step: Move<StageRecord['status']>,
  changes: Partial<StageRecord>,
): Step<StageRecord> =>
  stage.attempt === attempt && stage.status === 'running' ? move(stage, step, changes) : { refused: 'fenced' }

export const finishStage = (stage: StageRecord, attempt: number, cost: Cost, at: Date): Step<StageRecord> =>
  asWorker(stage, attempt, machine.stage.finish, { cost, finishedAt: iso(at) })

export const failStage = (stage: StageRecord, attempt: number, note: string, at: Date): Step<StageRecord> =>
  asWorker(stage, attempt, machine.stage.fail, { note, finishedAt: iso(at) })

/** Gives a stage back for the next delivery of its message. */
export const releaseStage = (stage: StageRecord, attempt: number): Step<StageRecord> =>
  asWorker(stage, attempt, machine.stage.release, { attempt: attempt + 1, startedAt: null })

export const skipStage = (stage: StageRecord, note: string, at: Date): Step<StageRecord> =>
  move(stage, machine.stage.skip, { note, finishedAt: iso(at) })

/** What an analysis found, as far as lists show it. */
export type Outcome = { readonly headline: string; readonly verdict: Verdict; readonly driver: string | null }

export const finishAnalysis = (analysis: AnalysisRecord, outcome: Outcome, at: Date): Step<AnalysisRecord> =>
  move(analysis, machine.analysis.finish, {
    headline: outcome.headline,
    verdict: outcome.verdict,
    finishedAt: iso(at),
  })

export const failAnalysis = (analysis: AnalysisRecord, at: Date): Step<AnalysisRecord> =>
  move(analysis, machine.analysis.fail, { finishedAt: iso(at) })

export const resumeAnalysis = (analysis: AnalysisRecord): Step<AnalysisRecord> =>
  move(analysis, machine.analysis.resume, { finishedAt: null })

/** Shows an analysis's outcome on its case, unless a newer analysis (ids sort by time) is shown there already. */
export const announceOutcome = (record: CaseRecord, analysisId: string, outcome: Outcome): Step<CaseRecord> =>
  record.outcomeOf !== undefined && record.outcomeOf !== null && record.outcomeOf >= analysisId
    ? { refused: 'settled' }
    : { next: { ...record, ...outcome, outcomeOf: analysisId } }
