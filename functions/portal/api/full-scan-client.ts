import type { FullScanEstimate } from '../../../shared/cases/links/upload-api.ts'
import type { AnalysisRecord } from '../../../shared/cases/records.ts'
import { call, path } from './client.ts'

export const estimateFullScan = (caseId: string, dumpId: string, signal: AbortSignal): Promise<FullScanEstimate> =>
  call(path('cases', caseId, 'dumps', dumpId, 'full-scan'), { signal })

export const startFullScan = (caseId: string, dumpId: string): Promise<AnalysisRecord> =>
  call(path('cases', caseId, 'dumps', dumpId, 'analyses'), { method: 'POST', body: { fullScan: true } })
