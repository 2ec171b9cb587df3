import type { Analysis } from '../../../shared/analysis/analysis.ts'
import type { CaseDetail, CaseList, CreateCase } from '../../../shared/cases/api.ts'
import type { CaseRecord } from '../../../shared/cases/records.ts'
import { ApiError, errorFromAnswer } from './api-error.ts'

type Call = { readonly method?: 'POST' | 'DELETE'; readonly body?: unknown; readonly signal?: AbortSignal }

export const request = async (path: string, { method, body, signal }: Call): Promise<Response> => {
  const init: RequestInit = { method: method ?? 'GET', headers: { accept: 'application/json' }, signal: signal ?? null }
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
  }
  try {
    return await fetch(path, init)
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, 'The service cannot be reached.', { cause: error })
  }
}

/** The answer's JSON, trusted to have the shape the API promises. Any answer but a success is an `ApiError`. */
export const call = async <T>(path: string, details: Call = {}): Promise<T> => {
  const response = await request(path, details)
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw errorFromAnswer(response.status, body)
  if (body === undefined) throw new ApiError(response.status, 'The service gave an answer that is not JSON.')
  return body as T
}

/** A request whose answer has no body. */
export const send = async (path: string, details: Call): Promise<void> => {
  const response = await request(path, details)
  if (!response.ok) throw errorFromAnswer(response.status, await response.json().catch(() => undefined))
}

export const path = (...segments: string[]): string => `/api/${segments.map(encodeURIComponent).join('/')}`

export const listCases = (cursor: string | null, signal: AbortSignal): Promise<CaseList> =>
  call(`${path('cases')}?limit=50${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`, { signal })

export const getCase = (caseId: string, signal: AbortSignal): Promise<CaseDetail> =>
  call(path('cases', caseId), { signal })

export const getAnalysis = (
  caseId: string,
  dumpId: string,
  analysisId: string,
  signal: AbortSignal,
): Promise<Analysis> => call(path('cases', caseId, 'dumps', dumpId, 'analyses', analysisId), { signal })

export const createCase = (body: CreateCase, signal: AbortSignal): Promise<CaseRecord> =>
  call(path('cases'), { method: 'POST', body, signal })
