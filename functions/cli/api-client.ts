import type { z } from 'zod'
import { Problem } from '../../shared/cases/api.ts'

/** The API does not do what was asked: exit status 1 and its own sentence, no stack. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** Where the API is, and the access token that says who asks. */
export type ApiAccess = { readonly url: string; readonly token: string | undefined }

export type Api = {
  readonly get: <S extends z.ZodType>(path: string, schema: S) => Promise<z.infer<S>>
  readonly text: (path: string) => Promise<string>
  readonly post: <S extends z.ZodType>(path: string, body: unknown, schema: S) => Promise<z.infer<S>>
}

/** Calls the API; whatever it answers but success is thrown as `Refused`. */
export const apiAt = ({ url, token }: ApiAccess): Api => {
  const send = async (method: string, path: string, body?: unknown): Promise<string> => {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    const address = `${url.replace(/\/$/, '')}${path}`
    const sent = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const response = await fetch(address, sent).catch((error: unknown) => {
      throw new Refused(`${url} cannot be reached: ${error instanceof Error ? causeOf(error) : error}.`)
    })
    const text = await response.text()
    if (response.ok) return text
    throw new Refused(problemIn(text) ?? `${method} ${path} was answered with status ${response.status}.`)
  }
  return {
    get: async (path, schema) => schema.parse(JSON.parse(await send('GET', path))),
    text: (path) => send('GET', path),
    post: async (path, body, schema) => schema.parse(JSON.parse(await send('POST', path, body ?? {}))),
  }
}

const causeOf = ({ cause, message }: Error): string => (cause instanceof Error ? cause.message : message)

const problemIn = (text: string): string | null => {
  try {
    return Problem.parse(JSON.parse(text)).detail
  } catch {
    return null
  }
}
