import type { z } from 'zod'
import { Problem } from '../../../shared/cases/api.ts'

/** The HTTP API as any client sees it. */
export type ApiClient = {
  readonly get: <Schema extends z.ZodType>(path: string, schema: Schema) => Promise<z.infer<Schema>>
  readonly post: <Schema extends z.ZodType>(path: string, body: unknown, schema: Schema) => Promise<z.infer<Schema>>
}

/**
 * Calls the API as whoever `token` gives access tokens of. Every answer is checked against its schema; an error is thrown
 * as the sentence the API has for it.
 */
export const apiClient = (origin: string, token: () => Promise<string>): ApiClient => {
  const call = async <Schema extends z.ZodType>(path: string, init: RequestInit, schema: Schema) => {
    const response = await patiently(async () => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${await token()}` }
      return fetch(`${origin}${path}`, { ...init, headers })
    })
    const text = await response.text()
    if (response.ok) return schema.parse(JSON.parse(text))
    const problem = Problem.safeParse(isJson(response) ? JSON.parse(text) : null)
    throw new Error(`${init.method} ${path}: ${problem.success ? problem.data.detail : `${response.status} ${text}`}`)
  }
  return {
    get: (path, schema) => call(path, { method: 'GET' }, schema),
    post: (path, body, schema) => call(path, { method: 'POST', body: JSON.stringify(body) }, schema),
  }
}

/** Who is told that they asked too often waits as long as they are told, a few times. */
const patiently = async (ask: () => Promise<Response>, tries = 3): Promise<Response> => {
  const response = await ask()
  const seconds = Number(response.headers.get('retry-after'))
  if (response.status !== 429 || tries === 0 || !(seconds > 0)) return response
  await response.body?.cancel()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  return patiently(ask, tries - 1)
}

const isJson = ({ headers }: Response): boolean => /\bjson\b/.test(headers.get('content-type') ?? '')
