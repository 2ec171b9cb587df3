import { createHash } from 'node:crypto'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { z } from 'zod'
import {
  beginRequest,
  forgetRequest,
  IdempotencyKey,
  type IdempotencyRecord,
  takeOver,
} from '../../shared/cases/limits/idempotency.ts'
import type { Caller } from './caller.ts'
import type { ApiPorts } from './ports.ts'
import { badRequest, conflict, ProblemError } from './problem.ts'
import type { Route } from './route.ts'

const idempotencyHeader = 'idempotency-key'

/** What answers carry that were given before, and are given again. */
const replayedHeader = 'idempotency-replayed'

const Answer = z.object({
  statusCode: z.number().int(),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
})

/** Creates may be named with a key by the client, so that a repeat after a lost answer makes nothing twice. */
export const takesKey = ({ method, status, permission }: Route): boolean =>
  method === 'POST' && status === 201 && permission !== null

/**
 * Answers a create, once for each key of a caller. The same key with the same request gets the same answer, with another
 * request 422, and while the first still runs 409. A request that failed is not remembered: it may be sent again.
 */
export const answerOnce = async (
  route: Route,
  event: APIGatewayProxyEventV2,
  caller: Caller,
  ports: Pick<ApiPorts, 'tenantStore' | 'now'>,
  answer: () => Promise<APIGatewayProxyStructuredResultV2>,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const given = event.headers[idempotencyHeader]
  if (given === undefined || !takesKey(route)) return answer()
  const parsed = IdempotencyKey.safeParse(given)
  if (!parsed.success) throw badRequest('idempotency-key', 'Idempotency-Key must be 1 to 255 visible ASCII characters.')
  const { idempotency } = ports.tenantStore(caller.tenant)
  const id = { subject: caller.subject, key: sha256(parsed.data) }
  const request = sha256(JSON.stringify([route.method, event.rawPath, event.body ?? '']))

  if (!(await idempotency.insert(id, beginRequest(request, ports.now())))) {
    const taken = await idempotency.change(id, (record) => takeOver(record, request, ports.now()))
    if (taken.refused !== undefined) return earlierAnswer(taken.record, request)
  }
  try {
    const answered = await answer()
    const remembered = route.answersSecret
      ? { answer: '', secret: true }
      : { answer: JSON.stringify(answered), secret: false }
    await idempotency.change(id, (record) => ({ next: { ...record, ...remembered } }))
    return answered
  } catch (error) {
    // What failed has made nothing that a repeat could double, or says itself what state it found.
    await idempotency.change(id, forgetRequest)
    throw error
  }
}

const earlierAnswer = (record: IdempotencyRecord | null, request: string): APIGatewayProxyStructuredResultV2 => {
  if (record !== null && record.request !== request)
    throw new ProblemError(
      422,
      'idempotency-mismatch',
      'This key was used for another request',
      'The Idempotency-Key was sent before with another path or body. Use a new key for each thing you create.',
    )
  if (record === null || record.answer === null)
    throw conflict('idempotency-running', 'The first request with this Idempotency-Key is still being answered.')
  if (record.secret)
    throw conflict(
      'idempotency-secret',
      'This was created before, and its secret is told only once. Revoke it, and create another.',
    )
  const { headers, ...rest } = Answer.parse(JSON.parse(record.answer))
  return { ...rest, headers: { ...headers, [replayedHeader]: 'true' } }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
