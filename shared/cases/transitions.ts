import type { Cost } from '../analysis/analysis.ts'
import type { Verdict } from '../analysis/finding.ts'
import { later, nextUploadLook, patienceMs, uploadPatienceMs } from './patience.ts'
import type { AnalysisFacts, AnalysisRecord, CaseRecord, CaseStatus, DumpRecord, Work } from './records.ts'

/**
 * The state machine of case → dump → analysis → stage → shard. Each step takes a record as it was read and returns the record
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
  readonly stage: Record<'claim' | 'divide' | 'finish' | 'fail' | 'release' | 'skip' | 'giveUp', Move<Work['status']>>
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
  /** A shard takes the same steps, but is neither divided nor skipped. */
  stage: {
    /**
     * From `failed` when a dead letter is sent again, from `running` when the worker is dead, from `waiting` when its
     * shards are settled.
     */
    claim: { from: ['queued', 'failed', 'running', 'waiting'], to: 'running' },
    divide: { from: ['running'], to: 'waiting' },
    finish: { from: ['running'], to: 'done' },
    fail: { from: ['running'], to: 'failed' },
    release: { from: ['running'], to: 'queued' },
    skip: { from: ['queued'], to: 'skipped' },
    /** By the sweep, when sending its message again did not help. */
    giveUp: { from: ['queued', 'running', 'waiting'], to: 'failed' },
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

/** The same of a stage or a shard. */
const moveWork = <W extends Work>(
  work: W,
  { from, to }: Move<Work['status']>,
  changes: Partial<Omit<Work, 'status'>>,
): Step<W> => {
  if (from.includes(work.status)) return { next: { ...work, ...changes, status: to } }
  return { refused: work.status === to ? 'settled' : 'conflict' }
}

const iso = (at: Date): string => at.toISOString()

/** The finished object as S3 reports it. */
export type PinnedObject = {
  readonly bytes: number
  readonly etag: string
  readonly versionId: string | null
  /** What S3 verified the bytes against, in base64 (composite: `-` and the number of parts behind); null where nothing, absent where not known yet. */
  readonly sha256?: string | null
}

/** The upload is complete: from now on the dump is this one version of the object. */
export const pinDump = (dump: DumpRecord, object: PinnedObject, at: Date): Step<DumpRecord> =>
  move(dump, machine.dump.pin, { ...object, uploadedAt: iso(at), sweepAt: iso(later(at, patienceMs)) })

/** `note`: why, where it was not the uploader who gave it up. */
export const abortDump = (dump: DumpRecord, note: string | null = null): Step<DumpRecord> =>
  move(dump, machine.dump.abort, { sweepAt: null, note })

/** The bytes are those of another dump that was there before: nothing is left to do for this one. */
export const recogniseDump = (dump: DumpRecord, sameAs: { caseId: string; dumpId: string }): Step<DumpRecord> =>
  dump.status !== 'uploaded' || dump.currentAnalysisId !== null
    ? { refused: 'conflict' }
    : { next: { ...dump, sameAs, sweepAt: null } }

/** When the sweep first looks whether an upload was finished and nobody noticed. */
export const firstUploadLook = (at: Date): string => iso(later(at, uploadPatienceMs))

/** The dump is looked after by its analysis from now on. */
export const handOver = (dump: DumpRecord): Step<DumpRecord> =>
  dump.sweepAt === null || dump.sweepAt === undefined ? { refused: 'settled' } : { next: { ...dump, sweepAt: null } }

/** The sweep has looked at the dump and looks again later. */
export const lookAtDumpAgain = (dump: DumpRecord, at: Date): Step<DumpRecord> =>
  dump.sweepAt === null || dump.sweepAt === undefined
    ? { refused: 'settled' }
    : { next: { ...dump, sweepAt: iso(nextUploadLook(new Date(dump.uploadedAt ?? dump.createdAt), at)) } }

/** Gives a dump its first analysis. Whoever comes second finds the first one's id in the record. */
export const adoptAnalysis = (dump: DumpRecord, analysisId: string): Step<DumpRecord> => {
  if (dump.status !== 'uploaded' || (dump.sameAs ?? null) !== null) return { refused: 'conflict' }
  return dump.currentAnalysisId === null ? { next: { ...dump, currentAnalysisId: analysisId } } : { refused: 'settled' }
}

/** A finished analysis counts for its dump from now on, unless a newer one (ids sort by time) does already. */
export const promoteAnalysis = (dump: DumpRecord, analysisId: string): Step<DumpRecord> =>
  dump.currentAnalysisId !== null && dump.currentAnalysisId >= analysisId
    ? { refused: 'settled' }
    : { next: { ...dump, currentAnalysisId: analysisId } }

export type Claim = {
  readonly attempt: number
  readonly at: Date
  readonly leaseMs: number
  /** The id of the message whose delivery claims the stage. */
  readonly by: string
  /** The analysis had failed and its dead letter was sent again. */
  readonly resuming?: boolean
}

/**
 * Takes a stage for one worker. Each claim has its own attempt number, which every later write of that worker must
 * still find in the record. A worker is taken for dead when its lease (its function's timeout) is over, or when the
 * very message it was given is delivered again. (SQS may deliver a message twice at once. Then the work is done twice
 * and counts once.) A failed stage stays failed, unless its failure ended the analysis and may pass.
 */
export const claimStage = <W extends Work>(
  stage: W,
  { attempt, at, leaseMs, by, resuming = false }: Claim,
): Step<W> => {
  const { status } = stage
  if (status === 'done' || status === 'skipped') return { refused: 'settled' }
  if (status === 'failed' && !(resuming && stage.retriable === true)) return { refused: 'settled' }
  if (status === 'running' && by !== stage.claimedBy && at < leaseEnd(stage, leaseMs)) return { refused: 'busy' }
  const next = status === 'queued' ? stage.attempt : stage.attempt + 1
  return moveWork(stage, machine.stage.claim, {
    attempt: Math.max(next, attempt),
    startedAt: iso(at),
    finishedAt: null,
    cost: null,
    note: null,
    leaseUntil: iso(later(at, leaseMs)),
    claimedBy: by,
    retriable: false,
  })
}

/** A record from before leases were kept has its start alone. */
const leaseEnd = ({ leaseUntil, startedAt }: Work, leaseMs: number): Date =>
  leaseUntil ? new Date(leaseUntil) : later(new Date(startedAt ?? 0), leaseMs)

/**
 * A step of the worker that claimed `attempt`, and of no other. One that finds its own step taken already is `settled`:
 * the answer to its first writing got lost.
 */
const asWorker = <W extends Work>(
  stage: W,
  attempt: number,
  step: Move<Work['status']>,
  changes: Partial<Omit<Work, 'status'>>,
): Step<W> => {
  if (stage.attempt !== attempt) return { refused: 'fenced' }
  if (stage.status === 'running') return moveWork(stage, step, changes)
  return { refused: stage.status === step.to ? 'settled' : 'fenced' }
}

/** The stage's result is written. */
export const finishStage = <W extends Work>(stage: W, attempt: number, cost: Cost, at: Date): Step<W> =>
  asWorker(stage, attempt, machine.stage.finish, { cost, finishedAt: iso(at) })

/** `retriable`: the reason may pass. The dump's own faults do not. */
export const failStage = <W extends Work>(
  stage: W,
  attempt: number,
  { note, at, retriable = false }: { note: string; at: Date; retriable?: boolean },
): Step<W> => asWorker(stage, attempt, machine.stage.fail, { note, finishedAt: iso(at), retriable })

/** Leaves a stage to its shards, which have all been written down. */
export const divideStage = <W extends Work>(stage: W, attempt: number, at: Date): Step<W> =>
  asWorker(stage, attempt, machine.stage.divide, { queuedAt: iso(at), leaseUntil: null, claimedBy: null })

/** Gives a stage back for the next delivery of its message. */
export const releaseStage = <W extends Work>(stage: W, attempt: number, at: Date): Step<W> =>
  asWorker(stage, attempt, machine.stage.release, {
    attempt: attempt + 1,
    startedAt: null,
    queuedAt: iso(at),
    leaseUntil: null,
    claimedBy: null,
  })

/** The sweep saw the stage as `seen`: if that is how it still stands, its message is about to be sent once more. */
export const noteSweep = <W extends Work>(stage: W, seen: Work): Step<W> =>
  stage.attempt === seen.attempt && stage.status === seen.status
    ? { next: { ...stage, sweeps: (stage.sweeps ?? 0) + 1 } }
    : { refused: 'fenced' }

/**
 * The sweep saw the stage as `seen` and ends it; whoever may still be at it is fenced by the next attempt's number. Its
 * messages that are still about do not bring it back: only a new analysis does.
 */
export const giveUpStage = <W extends Work>(stage: W, seen: Work, note: string, at: Date): Step<W> =>
  stage.attempt === seen.attempt && stage.status === seen.status
    ? moveWork(stage, machine.stage.giveUp, {
        attempt: stage.attempt + 1,
        note,
        finishedAt: iso(at),
        retriable: false,
        givenUp: true,
      })
    : { refused: 'fenced' }

/** `note`: why there is nothing for it to do, as a sentence. */
export const skipStage = <W extends Work>(stage: W, note: string, at: Date): Step<W> =>
  moveWork(stage, machine.stage.skip, { note, finishedAt: iso(at) })

/** What an analysis found, as far as lists show it. */
export type Outcome = {
  readonly headline: string
  readonly verdict: Verdict
} & {
  readonly [Key in 'driver' | 'driverVersion' | 'tag' | 'bugcheck' | 'crashedAt' | 'signature']: NonNullable<
    CaseRecord[Key]
  > | null
}

/** Its last stage is done. */
export const finishAnalysis = (
  analysis: AnalysisRecord,
  outcome: Pick<Outcome, 'headline' | 'verdict'>,
  at: Date,
  facts?: AnalysisFacts,
): Step<AnalysisRecord> =>
  move(analysis, machine.analysis.finish, {
    headline: outcome.headline,
    verdict: outcome.verdict,
    facts,
    ...ended(at),
  })

/** A stage without which there is no analysis has failed. */
export const failAnalysis = (analysis: AnalysisRecord, at: Date): Step<AnalysisRecord> =>
  move(analysis, machine.analysis.fail, ended(at))

/** The sweep looks after it until its end is announced. */
const ended = (at: Date): Partial<AnalysisRecord> => ({
  finishedAt: iso(at),
  announcedAt: null,
  sweepAt: iso(later(at, patienceMs)),
})

/** The end that `seen` tells of was announced; one that has gone on since then will have another. */
export const noteAnnounced = (analysis: AnalysisRecord, seen: AnalysisRecord, at: Date): Step<AnalysisRecord> => {
  if (analysis.status !== seen.status || analysis.finishedAt !== seen.finishedAt) return { refused: 'fenced' }
  if (analysis.announcedAt !== null) return { refused: 'settled' }
  return { next: { ...analysis, announcedAt: iso(at), sweepAt: null } }
}

/** The dead letter that ended it was sent again. */
export const resumeAnalysis = (analysis: AnalysisRecord, at: Date): Step<AnalysisRecord> =>
  move(analysis, machine.analysis.resume, {
    finishedAt: null,
    announcedAt: undefined,
    sweepAt: iso(later(at, patienceMs)),
  })

/**
 * Names the analysis that refines this one. Whoever comes second finds the first one's id in the record, unless that is
 * `again`: the one that came to nothing.
 */
export const adoptRefinement = (
  analysis: AnalysisRecord,
  refinedBy: string,
  again: string | null = null,
): Step<AnalysisRecord> =>
  (analysis.refinedBy ?? null) === again ? { next: { ...analysis, refinedBy } } : { refused: 'settled' }

/** The sweep has looked at an analysis that runs, or whose end is still to be announced, and looks again at `until`. */
export const lookAtAnalysisAgain = (analysis: AnalysisRecord, until: Date): Step<AnalysisRecord> =>
  analysis.status === 'running' || analysis.announcedAt === null
    ? { next: { ...analysis, sweepAt: iso(until) } }
    : { refused: 'settled' }

/** Shows an analysis's outcome on its case, unless a newer analysis (ids sort by time) is shown there already. */
export const announceOutcome = (record: CaseRecord, analysisId: string, outcome: Outcome): Step<CaseRecord> =>
  record.outcomeOf !== undefined && record.outcomeOf !== null && record.outcomeOf >= analysisId
    ? { refused: 'settled' }
    : { next: { ...record, ...outcome, outcomeOf: analysisId } }

/**
 * Shows on a case how far it is. `analysisId` is the analysis the status is about, null before there is one. A newer
 * analysis (ids sort by time) is not overwritten by an older one, and only `resumed` leads back from an end.
 */
export const showStatus = (
  record: CaseRecord,
  analysisId: string | null,
  status: CaseStatus,
  { resumed = false }: { resumed?: boolean } = {},
): Step<CaseRecord> => {
  const shown = record.statusOf ?? ''
  const ended = record.status === 'done' || record.status === 'failed'
  if (shown > (analysisId ?? '')) return { refused: 'settled' }
  if (shown === (analysisId ?? '') && (record.status === status || (status === 'analysing' && ended && !resumed)))
    return { refused: 'settled' }
  return { next: { ...record, status, statusOf: analysisId } }
}
