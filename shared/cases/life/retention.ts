import { z } from 'zod'
import { Timestamp } from '../../analysis/scalars.ts'
import { later } from '../patience.ts'
import type { CaseRecord, DumpRecord } from '../records.ts'
import { isClosed } from '../search/search-terms.ts'
import type { Step } from '../transitions.ts'

const day = 86_400_000

/** Days that something is kept after its case was closed; 0 keeps it without a limit. */
export type RetentionPolicy = { readonly dumpDays: number; readonly resultDays: number }

/** What holds beside the periods. */
export const retentionRules = {
  /** A case that is not closed keeps its dumps and results, whatever their age. */
  openCaseKeeps: true,
  /** Nothing is deleted unless it was announced so many days before. */
  warnDays: 7,
  /** How often each case is looked at. */
  lookDays: 1,
}

const Because = z.object({ at: Timestamp, by: z.string(), reason: z.string() })

/** How one thing, a dump or the results of all, stands: what people decided, and how far its deletion is. */
export const Kept = z.object({
  extension: Because.extend({ until: Timestamp }).nullable(),
  /** When its deletion was announced, and for what day. */
  warned: z.object({ at: Timestamp, until: Timestamp }).nullable(),
  /** Since when it is being deleted: nothing stops that any more. */
  deletingAt: Timestamp.nullable(),
  deletedAt: Timestamp.nullable(),
})
export type Kept = z.infer<typeof Kept>

/**
 * What is kept of a case and until when, in one item: so that a hold and the decision to delete are writes of the same
 * record, and whichever comes first wins.
 */
export const RetentionRecord = z.object({
  caseId: z.string(),
  hold: Because.nullable(),
  dumps: z.record(z.string(), Kept),
  results: Kept,
  /** When the case is looked at; null once nothing is left to delete. */
  retainAt: Timestamp.nullable(),
})
export type RetentionRecord = z.infer<typeof RetentionRecord>

const asUploaded: Kept = { extension: null, warned: null, deletingAt: null, deletedAt: null }

/** What is kept of a case without dumps. */
export const emptyRetention = (caseId: string, at: Date): RetentionRecord => ({
  caseId,
  hold: null,
  dumps: {},
  results: asUploaded,
  retainAt: nextLook(at),
})

const nextLook = (at: Date): string => later(at, retentionRules.lookDays * day).toISOString()

/** A dump has come. */
export const keepDump = (record: RetentionRecord, dumpId: string, at: Date): Step<RetentionRecord> =>
  dumpId in record.dumps
    ? { refused: 'settled' }
    : {
        next: {
          ...record,
          dumps: { ...record.dumps, [dumpId]: asUploaded },
          // Results of the new dump are results again.
          results: { ...record.results, warned: null, deletingAt: null, deletedAt: null },
          retainAt: nextLook(at),
        },
      }

/** `what`: a dump's id, or the results of the case. */
export type What = string | 'results'

/** Undefined for a dump that the record does not know. */
export const keptOf = (record: RetentionRecord, what: What): Kept | undefined =>
  what === 'results' ? record.results : record.dumps[what]

/** The record with one thing changed. */
const withKept = (record: RetentionRecord, what: What, change: Partial<Kept>): RetentionRecord => {
  const kept = { ...(keptOf(record, what) ?? asUploaded), ...change }
  return what === 'results' ? { ...record, results: kept } : { ...record, dumps: { ...record.dumps, [what]: kept } }
}

/** Until when a thing is kept, null for no date yet, and why, in a sentence. */
export type Term = { readonly until: Date | null; readonly reason: string }

type Basis = {
  readonly record: RetentionRecord
  readonly case: Pick<CaseRecord, 'closedAt'>
  /** When the dump, or the newest of all dumps, came. */
  readonly since: Date
  readonly policy: RetentionPolicy
}

/**
 * Until when a thing is kept, and why: a hold comes before everything, then the policy's days, then an extension that
 * is longer.
 */
export const termOf = ({ record, case: ofCase, since, policy }: Basis, what: What): Term => {
  const days = what === 'results' ? policy.resultDays : policy.dumpDays
  const extension = keptOf(record, what)?.extension ?? null
  if (record.hold !== null) return { until: null, reason: `Legal hold: ${record.hold.reason}` }
  if (retentionRules.openCaseKeeps && !isClosed(ofCase as CaseRecord))
    return {
      until: null,
      reason:
        days === 0 ? 'Kept without a limit.' : `Kept while the case is open and for ${days} days after it is closed.`,
    }
  if (days === 0) return { until: null, reason: 'Kept without a limit.' }
  const start = new Date(Math.max(since.getTime(), Date.parse(ofCase.closedAt ?? '') || 0))
  const until = later(start, days * day)
  if (extension !== null && Date.parse(extension.until) > until.getTime())
    return { until: new Date(extension.until), reason: `Extended: ${extension.reason}` }
  return { until, reason: `Kept for ${days} days after the case was closed.` }
}

/** When it is deleted at the earliest: not before its deletion has been announced for long enough. */
export const deletionOf = (term: Term, kept: Kept, now: Date): Date | null => {
  if (term.until === null) return null
  const announced = kept.warned?.until === term.until.toISOString() ? new Date(kept.warned.at) : now
  return new Date(Math.max(term.until.getTime(), later(announced, retentionRules.warnDays * day).getTime()))
}

export type Duty = 'nothing' | 'warn' | 'delete'

/** What is to be done about a thing now. */
export const dutyOf = (term: Term, kept: Kept, now: Date): Duty => {
  if (kept.deletedAt !== null) return 'nothing'
  if (kept.deletingAt !== null) return 'delete'
  if (term.until === null || now < later(term.until, -retentionRules.warnDays * day)) return 'nothing'
  if (kept.warned?.until !== term.until.toISOString()) return 'warn'
  return now >= (deletionOf(term, kept, now) ?? now) ? 'delete' : 'nothing'
}

/** Its deletion at `until` has been announced. */
export const warnOf = (record: RetentionRecord, what: What, until: Date, at: Date): Step<RetentionRecord> => ({
  next: withKept(record, what, { warned: { at: at.toISOString(), until: until.toISOString() } }),
})

/** The point of no return: taken only while there is no hold and nothing was extended since `seen` was read. */
export const claimDeletion = (
  record: RetentionRecord,
  what: What,
  seen: RetentionRecord,
  at: Date,
): Step<RetentionRecord> => {
  const kept = keptOf(record, what)
  if (kept === undefined || kept.deletingAt !== null) return { refused: 'settled' }
  const before = keptOf(seen, what)
  if (record.hold !== null || kept.extension?.until !== before?.extension?.until) return { refused: 'conflict' }
  return { next: withKept(record, what, { deletingAt: at.toISOString() }) }
}

/** It is gone. */
export const noteDeleted = (record: RetentionRecord, what: What, at: Date): Step<RetentionRecord> =>
  keptOf(record, what)?.deletedAt === null
    ? { next: withKept(record, what, { deletedAt: at.toISOString() }) }
    : { refused: 'settled' }

/** The next look, or none once everything has been deleted. */
export const lookAgain = (record: RetentionRecord, at: Date): Step<RetentionRecord> => {
  const all = [...Object.values(record.dumps), record.results]
  return { next: { ...record, retainAt: all.every(({ deletedAt }) => deletedAt !== null) ? null : nextLook(at) } }
}

type Decision = { readonly by: string; readonly reason: string; readonly at: Date }

/** Keeps a thing until a later day; `conflict` once its deletion has begun. */
export const extendKept = (
  record: RetentionRecord,
  what: What,
  until: Date,
  { by, reason, at }: Decision,
): Step<RetentionRecord> => {
  const kept = keptOf(record, what)
  if (kept === undefined) return { refused: 'absent' }
  if (kept.deletingAt !== null) return { refused: 'conflict' }
  return {
    next: withKept(record, what, { extension: { at: at.toISOString(), by, reason, until: until.toISOString() } }),
  }
}

/** Holds everything that is not being deleted yet. */
export const setHold = (record: RetentionRecord, { by, reason, at }: Decision): Step<RetentionRecord> =>
  record.hold === null ? { next: { ...record, hold: { at: at.toISOString(), by, reason } } } : { refused: 'settled' }

/** Warnings from before the hold do not count: whatever is due is announced anew. */
export const liftHold = (record: RetentionRecord): Step<RetentionRecord> => {
  if (record.hold === null) return { refused: 'settled' }
  const unwarned = (kept: Kept): Kept => ({ ...kept, warned: null })
  const dumps = Object.fromEntries(Object.entries(record.dumps).map(([id, kept]) => [id, unwarned(kept)]))
  return { next: { ...record, hold: null, dumps, results: unwarned(record.results) } }
}

/** The dump's bytes are gone; what was found in them stays. */
export const deleteDump = (dump: DumpRecord): Step<DumpRecord> =>
  dump.status === 'uploaded' ? { next: { ...dump, status: 'deleted', sweepAt: null } } : { refused: 'settled' }
