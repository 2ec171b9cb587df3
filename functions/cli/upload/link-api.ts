import type { z } from 'zod'
import { Problem } from '../../../shared/cases/api.ts'
import {
  LinkUpload,
  OpenUploadLink,
  SignedParts,
  UploadedParts,
  UploadReceived,
} from '../../../shared/cases/links/upload-api.ts'
import type { UploadApi } from '../../../shared/upload/upload-session.ts'
import { troubleOfStatus, UploadTrouble } from '../../../shared/upload/upload-trouble.ts'

/** An upload link as its holder was sent it: `https://host/upload/TOKEN`. Null for any other text. */
export const parseLink = (text: string): { readonly origin: string; readonly token: string } | null => {
  const url = URL.canParse(text) ? new URL(text) : null
  const token = /^\/upload\/([A-Za-z0-9_-]{43})\/?$/.exec(url?.pathname ?? '')?.[1]
  return url === null || token === undefined || !/^https?:$/.test(url.protocol) ? null : { origin: url.origin, token }
}

export type LinkApi = UploadApi & { readonly look: (signal: AbortSignal) => Promise<OpenUploadLink> }

/** The API behind a link. What goes wrong is an `UploadTrouble`. */
export const linkApi = ({ origin, token }: { origin: string; token: string }): LinkApi => {
  const base = `${origin}/api/upload-links/${token}`
  const ask = async (method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<string> => {
    const headers = { accept: 'application/json', 'content-type': 'application/json' }
    let status: number
    let text: string
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers,
        signal: signal ?? null,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      status = response.status
      text = await response.text()
    } catch (error) {
      signal?.throwIfAborted()
      throw new UploadTrouble('lost', `${origin} cannot be reached.`, { cause: error })
    }
    if (status >= 200 && status <= 299) return text
    const problem = Problem.safeParse(jsonOf(text))
    const sentence = problem.success ? problem.data.detail : `${origin} answered with status ${status}.`
    throw new UploadTrouble(troubleOfStatus(status), sentence)
  }
  const as = async <T>(schema: z.ZodType<T>, answer: Promise<string>): Promise<T> => {
    const parsed = schema.safeParse(jsonOf(await answer))
    if (!parsed.success) throw new UploadTrouble('final', `${origin} does not answer as dumpline does.`)
    return parsed.data
  }
  const upload = (id: string): string => `/uploads/${encodeURIComponent(id)}`
  return {
    look: (signal) => as(OpenUploadLink, ask('GET', '', undefined, signal)),
    start: (body, signal) => as(LinkUpload, ask('POST', '/uploads', body, signal)),
    sign: (id, parts, signal) => as(SignedParts, ask('POST', `${upload(id)}/parts`, { parts }, signal)),
    list: (id, signal) => as(UploadedParts, ask('GET', `${upload(id)}/parts`, undefined, signal)),
    complete: (id, body, signal) => as(UploadReceived, ask('POST', `${upload(id)}/complete`, body, signal)),
    abort: async (id) => void (await ask('DELETE', upload(id))),
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON is not what was expected either: the schema says so.
    return undefined
  }
}
