import type { Analysis } from '../../../shared/analysis/analysis.ts'
import type { CaseDetail, CreateCase } from '../../../shared/cases/api.ts'
import type { CaseRecord } from '../../../shared/cases/records.ts'
import { accessToken } from '../identity/session.ts'
import { ApiError, errorFromAnswer } from './api-error.ts'

export type Call = {
  readonly method?: 'POST' | 'PATCH' | 'DELETE'
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** A path that anybody may ask, by a link for example: nobody need be signed in. */
  readonly asAnybody?: boolean
}

const send = async (path: string, { method, body, signal }: Call, token: string | null): Promise<Response> => {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (token !== null) headers.authorization = `Bearer ${token}`
  const init: RequestInit = { method: method ?? 'GET', headers, signal: signal ?? null }
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    headers['content-type'] = 'application/json'
  }
  try {
    return await fetch(path, init)
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, 'The service cannot be reached.', { cause: error })
  }
}

/** As the person who is signed in; a token that the service no longer takes is replaced once. */
export const request = async (path: string, details: Call): Promise<Response> => {
  if (details.asAnybody) return send(path, details, null)
  const token = await accessToken()
  const response = await send(path, details, token)
  return response.status === 401 ? send(path, details, await accessToken(token)) : response
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
export const carryOut = async (path: string, details: Call): Promise<void> => {
  const response = await request(path, details)
  if (!response.ok) throw errorFromAnswer(response.status, await response.json().catch(() => undefined))
}

export const path = (...segments: string[]): string => `/api/${segments.map(encodeURIComponent).join('/')}`

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
