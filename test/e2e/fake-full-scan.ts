import type { CaseDetail } from '../../shared/cases/api.ts'
import { Refuse } from './refuse.ts'

/** What the fake API answers about a scan of all pages: what it would take, and that it has begun. */
export const fakeFullScan = (detail: CaseDetail, dumpId: string, method: string): [number, unknown] => {
  const entry = detail.dumps.find(({ dump }) => dump.dumpId === dumpId)
  const current = entry?.analyses.find(({ analysis }) => analysis.analysisId === entry.dump.currentAnalysisId)
  if (entry === undefined || current === undefined) throw new Refuse(404, 'There is no such dump.')
  if (method === 'GET') return [200, { parts: 16, dollars: 0.0214, seconds: 72 }]
  const analysis = { ...current.analysis, analysisId: 'a2', status: 'running' as const, fullScan: true, headline: null }
  current.analysis.refinedBy = analysis.analysisId
  entry.analyses.push({ analysis, stages: [], shards: { of: 16, done: 3, failed: 0 } })
  return [201, analysis]
}
