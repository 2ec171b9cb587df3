import type { Problem } from '../../../shared/cases/api.ts'

/** An answer that is no success, or no answer at all (`status` 0). `message` is a sentence for a person. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string'

/** The error in an unsuccessful answer: the problem document's own sentence where there is one. */
export const errorFromAnswer = (status: number, body: unknown): ApiError =>
  new ApiError(status, isProblem(body) ? body.detail : `The service answered with status ${status}.`)

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Whether asking again may help; a 4xx answer stays the same however often one asks. */
export const maySucceedLater = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.status < 400 || error.status >= 500 || error.status === 429
