import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { z } from 'zod'
import type { Problem } from '../../shared/cases/api.ts'

/** An answer that is an error, as RFC 9457 lays it out. `name` ends its type, a URN that stays stable. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem
  /** When it is worth asking again, where that is known. */
  readonly retryAfterSeconds: number | null

  constructor(status: number, name: string, title: string, detail: string, retryAfterSeconds: number | null = null) {
    super(detail)
    this.retryAfterSeconds = retryAfterSeconds
    this.problem = { type: `urn:dumpline:problem:${name}`, title, status, detail }
  }
}

/** 404. `what` names the kind of thing, such as `case`. */
export const notFound = (what: string): ProblemError =>
  new ProblemError(404, 'not-found', 'Not found', `There is no ${what} with this id.`)

/** 403: the caller's role lacks this permission. */
export const forbidden = (permission: string): ProblemError =>
  new ProblemError(403, 'forbidden', 'Not allowed', `Your role does not include the permission ${permission}.`)

/** 409: the state of things does not allow what was asked. `name` ends the problem's type and stays stable. */
export const conflict = (name: string, detail: string): ProblemError =>
  new ProblemError(409, name, 'Not possible in this state', detail)

/** What was here has ended, and does not come back. */
export const gone = (name: string, detail: string): ProblemError =>
  new ProblemError(410, name, 'No longer here', detail)

/** 429, with the seconds after which it is worth asking again. */
export const tooManyRequests = (retryAfterSeconds: number): ProblemError =>
  new ProblemError(
    429,
    'too-many-requests',
    'Too many requests',
    `There were too many requests by you, your link, your network or your tenant in this minute. Ask again in ${retryAfterSeconds} seconds.`,
    retryAfterSeconds,
  )

/** 400. `name` ends the problem's type and stays stable. */
export const badRequest = (name: string, detail: string): ProblemError =>
  new ProblemError(400, name, 'The request is not valid', detail)

/** Of what is wrong with one field: a message may name all that was sent. */
const mostCharacters = 300

/** Says which fields of a request are wrong and why, of ten at most and in few words each. */
export const invalid = (error: z.ZodError): ProblemError => {
  const shown = error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
    .map((text) => (text.length > mostCharacters ? `${text.slice(0, mostCharacters)} …` : text))
  return badRequest('invalid-request', `${shown.join('; ')}.`)
}

const internal: Problem = {
  type: 'urn:dumpline:problem:internal',
  title: 'Something went wrong here',
  status: 500,
  detail: 'The request could not be completed because of a fault of dumpline. It has been recorded; please try again.',
}

/** The answer for a problem; null for an error that is not the caller's business. */
export const problemResponse = (
  problem: Problem | null,
  instance: string,
  retryAfterSeconds: number | null = null,
): APIGatewayProxyStructuredResultV2 => {
  const document = { ...(problem ?? internal), instance }
  return {
    statusCode: document.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfterSeconds !== null && { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify(document),
  }
}
