import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Credentials } from '../endpoints/credentials.ts'
import { BodyTooLarge, readBody } from '../endpoints/loopback.ts'
import { SignatureError, verifySignature } from '../endpoints/signature.ts'
import { SqsError } from './errors.ts'
import { sqsOperations } from './operations.ts'
import type { Queues } from './queues.ts'

/** Ten messages of the largest size, and their JSON. */
const largestRequest = 4 * 2 ** 20

/** SQS's HTTP API in its JSON protocol, which the SDKs speak. */
export const sqsServer = (queues: Queues, origin: string, credentials: Credentials) => {
  const operations = sqsOperations(queues, origin)

  const answer = async (request: IncomingMessage, signal: AbortSignal): Promise<unknown> => {
    const body = await readBody(request, largestRequest)
    const bodyHash = createHash('sha256').update(body).digest('hex')
    const signed = { method: request.method ?? '', target: request.url ?? '/', headers: request.headers, bodyHash }
    verifySignature(signed, credentials, 'sqs', Date.now())
    const target = /^AmazonSQS\.(\w+)$/.exec(String(request.headers['x-amz-target'] ?? ''))?.[1] ?? ''
    if (!Object.hasOwn(operations, target))
      throw new SqsError('UnsupportedOperation', `The local stack does not implement the SQS action "${target}".`)
    return operations[target](JSON.parse(body.toString() || '{}'), signal)
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const send = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      const body = JSON.stringify(value)
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(body),
        'x-amzn-requestid': randomUUID(),
        ...headers,
      })
      response.end(body)
    }
    try {
      send(200, await answer(request, gone.signal))
    } catch (error) {
      if (gone.signal.aborted) return
      const { code, message, status } = describeError(error)
      send(status, { __type: `com.amazonaws.sqs#${code}`, message }, { 'x-amzn-query-error': `${code};Sender` })
    }
  }
}

const describeError = (error: unknown): { code: string; message: string; status: number } => {
  if (error instanceof SqsError) return { code: error.code, message: error.message, status: 400 }
  if (error instanceof SignatureError) return { code: error.code, message: error.message, status: error.status }
  if (error instanceof SyntaxError) return { code: 'MalformedInput', message: error.message, status: 400 }
  if (error instanceof BodyTooLarge) return { code: 'RequestTooLarge', message: error.message, status: 413 }
  console.error(error)
  return { code: 'InternalError', message: 'The local stack failed; its output says why.', status: 500 }
}
