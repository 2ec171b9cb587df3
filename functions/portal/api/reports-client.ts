import type { CaseComparison } from '../../../shared/cases/comparison-api.ts'
import type { CreatedVendorLink, CreateVendorLink, VendorLinkList } from '../../../shared/cases/links/vendor-link.ts'
import type { DumpDownload, MemoryLayout, MemoryView } from '../../../shared/cases/raw-dump-api.ts'
import { errorFromAnswer } from './api-error.ts'
import { call, carryOut, create, path, request } from './client.ts'

export type AnalysisIds = { readonly caseId: string; readonly dumpId: string; readonly analysisId: string }
export type ReportFormat = 'markdown' | 'csv' | 'ticket'

/** Without `dumpIds` the newest analysed dumps. */
export const getComparison = (
  caseId: string,
  dumpIds: readonly string[] | null,
  signal: AbortSignal,
): Promise<CaseComparison> => {
  const query = dumpIds === null ? '' : `?dumps=${dumpIds.map(encodeURIComponent).join(',')}`
  return call(`${path('cases', caseId, 'comparison')}${query}`, { signal })
}

export const getReport = async (
  { caseId, dumpId, analysisId }: AnalysisIds,
  format: ReportFormat,
  transcript = false,
): Promise<string> => {
  const report = path('cases', caseId, 'dumps', dumpId, 'analyses', analysisId, 'report')
  const response = await request(`${report}?format=${format}${transcript ? '&transcript=yes' : ''}`, {})
  if (!response.ok) throw errorFromAnswer(response.status, await response.json().catch(() => undefined))
  return response.text()
}

export const listVendorLinks = (caseId: string, signal: AbortSignal): Promise<VendorLinkList> =>
  call(path('cases', caseId, 'vendor-links'), { signal })

export const createVendorLink = (caseId: string, body: CreateVendorLink): Promise<CreatedVendorLink> =>
  create(path('cases', caseId, 'vendor-links'), { body })

export const revokeVendorLink = (caseId: string, linkId: string): Promise<void> =>
  carryOut(path('cases', caseId, 'vendor-links', linkId), { method: 'DELETE' })

export type MemoryWish = { readonly address: string; readonly length: number; readonly layout: MemoryLayout }

export const viewMemory = (caseId: string, dumpId: string, wish: MemoryWish): Promise<MemoryView> => {
  const query = new URLSearchParams({ address: wish.address, length: String(wish.length), as: wish.layout })
  return call(`${path('cases', caseId, 'dumps', dumpId, 'memory')}?${query}`)
}

export const downloadDump = (caseId: string, dumpId: string): Promise<DumpDownload> =>
  create(path('cases', caseId, 'dumps', dumpId, 'downloads'))
