import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import type { CaseDetail } from '../api.ts'
import {
  deletionOf,
  type RetentionPolicy,
  type RetentionRecord,
  retentionRules,
  termOf,
  type What,
} from './retention.ts'

/** One thing that is kept: a dump, or the results of all dumps of the case. */
const KeptView = z.object({
  state: z.enum(['kept', 'announced', 'deleting', 'deleted']),
  /** When it is, or was, deleted; null while there is no date. */
  until: Timestamp.nullable(),
  /** Why it is kept until then, a sentence. */
  reason: z.string(),
})
export type KeptView = z.infer<typeof KeptView>

/** What is kept of a case, until when and why. A dump cannot be analysed again after its `until`. */
export const Retention = z.object({
  hold: z.object({ at: Timestamp, by: z.string(), reason: z.string() }).nullable(),
  warnDays: Count,
  dumps: z.array(KeptView.extend({ dumpId: z.string(), fileName: z.string() })),
  results: KeptView,
})
export type Retention = z.infer<typeof Retention>

const Reason = z.string().trim().min(1).max(500)

/** `dumpId` null: the results of the case. */
export const ExtendRetention = z.strictObject({
  dumpId: z.string().max(64).nullable(),
  until: Timestamp,
  reason: Reason,
})
export type ExtendRetention = z.infer<typeof ExtendRetention>

export const HoldReason = z.strictObject({ reason: Reason })
export type HoldReason = z.infer<typeof HoldReason>

/** The retention of a case as it is shown. */
export const retentionView = (
  detail: CaseDetail,
  record: RetentionRecord,
  policy: RetentionPolicy,
  now: Date,
): Retention => {
  const dumps = detail.dumps.map(({ dump }) => dump).filter(({ dumpId }) => dumpId in record.dumps)
  const came = (time: string | null): number => (time === null ? 0 : Date.parse(time))
  const newest = Math.max(0, ...dumps.map(({ uploadedAt }) => came(uploadedAt)))
  const view = (what: What, since: number): KeptView => {
    const kept = what === 'results' ? record.results : record.dumps[what]
    if (kept.deletedAt !== null) return { state: 'deleted', until: kept.deletedAt, reason: 'Its time was over.' }
    const term = termOf({ record, case: detail.case, since: new Date(since), policy }, what)
    if (kept.deletingAt !== null) return { state: 'deleting', until: kept.deletingAt, reason: 'Its time is over.' }
    const until = deletionOf(term, kept, now)?.toISOString() ?? null
    const isAnnounced = term.until !== null && kept.warned?.until === term.until.toISOString()
    return { state: isAnnounced ? 'announced' : 'kept', until, reason: term.reason }
  }
  return {
    hold: record.hold,
    warnDays: retentionRules.warnDays,
    dumps: dumps.map(({ dumpId, fileName, uploadedAt }) => ({ ...view(dumpId, came(uploadedAt)), dumpId, fileName })),
    results: view('results', newest),
  }
}
