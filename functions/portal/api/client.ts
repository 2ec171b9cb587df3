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
  /** Names what is to be created, so that a repeat creates nothing twice. */
  readonly idempotencyKey?: string
}

const send = async (path: string, details: Call, token: string | null): Promise<Response> => {
  const { method, body, signal, idempotencyKey } = details
  const headers: Record<string, string> = { accept: 'application/json' }
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey
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

/**
 * Creates something. Should the answer get lost, the same is asked once more under the same key: what was created then
 * is answered again, and not created twice.
 */
export const create = async <T>(path: string, details: Omit<Call, 'method'> = {}): Promise<T> => {
  const keyed: Call = { ...details, method: 'POST', idempotencyKey: crypto.randomUUID() }
  try {
    return await call<T>(path, keyed)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 0) throw error
    return call<T>(path, keyed)
  }
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
  create(path('cases'), { body, signal })
