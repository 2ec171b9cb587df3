import type { CaseRecord, DumpRecord } from '../records.ts'
import type { Outcome, Step } from '../transitions.ts'

/** Two analyses of one dump: the one that counts so far, and the one that is to count. */
export type Succession = { readonly from: string; readonly to: string }

/**
 * The dump counts another of its analyses from now on, forwards when a batch is published and backwards when it is moved
 * back. `conflict`: it counts a third one, which somebody has made meanwhile.
 */
export const countAnalysis = (dump: DumpRecord, { from, to }: Succession): Step<DumpRecord> => {
  if (dump.currentAnalysisId === to) return { refused: 'settled' }
  return dump.currentAnalysisId === from ? { next: { ...dump, currentAnalysisId: to } } : { refused: 'conflict' }
}

/**
 * The case shows the other analysis, if it shows the one before and no other is under way: otherwise it is about another
 * of its dumps. `notice` is for its owner; without one, an earlier one of the same batch is taken off, and what another
 * batch left for them stays.
 */
export const showInstead = (
  record: CaseRecord,
  { from, to }: Succession,
  outcome: Outcome,
  { batchId, notice }: { readonly batchId: string; readonly notice: CaseRecord['notice'] },
): Step<CaseRecord> => {
  const shown = record.outcomeOf ?? null
  if (shown === to) return { refused: 'settled' }
  if (shown !== from || (record.statusOf ?? from) !== from) return { refused: 'conflict' }
  const kept = record.notice?.batchId === batchId ? null : (record.notice ?? null)
  return { next: { ...record, ...outcome, outcomeOf: to, statusOf: to, status: 'done', notice: notice ?? kept } }
}

/** Its owner has seen the notice. */
export const takeOffNotice = (record: CaseRecord): Step<CaseRecord> =>
  record.notice ? { next: { ...record, notice: null } } : { refused: 'settled' }
