import type { Analysis } from '../../../shared/analysis/analysis.ts'
import type { VendorReport } from '../../../shared/cases/links/vendor-link.ts'
import { ApiError, errorFromAnswer } from './api-error.ts'
import type { ReportFormat } from './reports-client.ts'

/** What anybody may ask who has a link: no name, no session, only the token in the path. */
const get = async (path: string, signal?: AbortSignal): Promise<Response> => {
  try {
    const response = await fetch(path, { headers: { accept: 'application/json' }, signal: signal ?? null })
    if (!response.ok) throw errorFromAnswer(response.status, await response.json().catch(() => undefined))
    return response
  } catch (error) {
    if (signal?.aborted || error instanceof ApiError) throw error
    throw new ApiError(0, 'The service cannot be reached.', { cause: error })
  }
}

const vendorPath = (token: string): string => `/api/vendor-links/${encodeURIComponent(token)}`

export type SharedReport = { readonly expiresAt: string; readonly analysis: Analysis }

export const getSharedReport = async (token: string, signal: AbortSignal): Promise<SharedReport> => {
  const { expiresAt } = (await (await get(vendorPath(token), signal)).json()) as VendorReport
  const analysis = (await (await get(`${vendorPath(token)}/analysis`, signal)).json()) as Analysis
  return { expiresAt, analysis }
}

export const getSharedText = async (token: string, format: ReportFormat, transcript: boolean): Promise<string> =>
  (await get(`${vendorPath(token)}/report?format=${format}${transcript ? '&transcript=yes' : ''}`)).text()
