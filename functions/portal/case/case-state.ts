import type { CaseDetail, ShardProgress } from '../../../shared/cases/api.ts'
import type { AnalysisRecord, DumpRecord, StageRecord } from '../../../shared/cases/records.ts'

/** How far the parts of a divided stage are, and what the stages have cost, in dollars; null where that is not told. */
export type Spent = { readonly shards: ShardProgress | null; readonly dollars: number | null }

/** Where a case's dump stands: the one thing the case page is about. */
export type CaseState =
  | { readonly phase: 'empty' }
  | { readonly phase: 'uploading' | 'aborted' | 'waiting'; readonly dump: DumpRecord }
  /** Its bytes were there before, as another dump. */
  | { readonly phase: 'same-as'; readonly dump: DumpRecord; readonly original: NonNullable<DumpRecord['sameAs']> }
  | {
      readonly phase: 'running' | 'done' | 'failed'
      readonly dump: DumpRecord
      readonly analysis: AnalysisRecord
      readonly stages: readonly StageRecord[]
      readonly spent: Spent
    }

const newestFirst = (a: { createdAt: string }, b: { createdAt: string }): number =>
  Date.parse(b.createdAt) - Date.parse(a.createdAt)

/** The state of the dump `dumpId`; without one, or with an unknown one, of the newest dump that was not given up. */
export const caseState = (detail: CaseDetail, dumpId: string | null): CaseState => {
  const dumps = detail.dumps.toSorted((a, b) => newestFirst(a.dump, b.dump))
  const shown =
    dumps.find(({ dump }) => dump.dumpId === dumpId) ?? dumps.find(({ dump }) => dump.status !== 'aborted') ?? dumps[0]
  if (shown === undefined) return { phase: 'empty' }

  const { dump } = shown
  if (dump.status === 'uploading') return { phase: 'uploading', dump }
  if (dump.status === 'aborted') return { phase: 'aborted', dump }
  if (dump.sameAs !== null && dump.sameAs !== undefined) return { phase: 'same-as', dump, original: dump.sameAs }
  const analyses = shown.analyses.toSorted((a, b) => newestFirst(a.analysis, b.analysis))
  const current = analyses.find(({ analysis }) => analysis.analysisId === dump.currentAnalysisId) ?? analyses[0]
  if (current === undefined) return { phase: 'waiting', dump }
  const { analysis, stages, shards = null, dollars = null } = current
  return { phase: analysis.status, dump, analysis, stages, spent: { shards, dollars } }
}

/** Whether nothing more will happen by itself, for any dump of the case. */
export const caseSettled = (detail: CaseDetail): boolean =>
  detail.dumps.every(({ dump, analyses }) => {
    if (dump.status === 'aborted' || (dump.sameAs ?? null) !== null) return true
    if (dump.status === 'uploading') return false
    return analyses.length > 0 && analyses.every(({ analysis }) => analysis.status !== 'running')
  })

/**
 * What changes whenever the stored analysis may have: its first answer, a refined one, its end. Null while there is
 * nothing to fetch.
 */
export const analysisStamp = (state: CaseState): string | null => {
  if (!('analysis' in state)) return null
  const { analysis } = state
  if (analysis.status === 'running' && analysis.headline === null) return null
  return [analysis.analysisId, analysis.status, analysis.verdict, analysis.headline].join(' ')
}
