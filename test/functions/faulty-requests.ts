import { Readable } from 'node:stream'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { S3Client } from '@aws-sdk/client-s3'
import type { SQSClient } from '@aws-sdk/client-sqs'

/**
 * What a service does with a request. `throttle`, `fail`: answers so and does nothing. `lose`: does it, and the answer
 * is lost on its way. `break-off`: the answer's body ends in the middle. `slow`: takes a while.
 */
export type Trouble = 'none' | 'throttle' | 'fail' | 'lose' | 'break-off' | 'slow'

type Handler = S3Client['config']['requestHandler']
type Response = Awaited<ReturnType<Handler['handle']>>['response']

/** The service is away: its answer as S3 (XML) or the JSON protocols (DynamoDB, SQS) word it. */
const refusal = (protocol: 'xml' | 'json', kind: 'throttle' | 'fail'): Response => {
  const code = kind === 'fail' ? 'InternalServerError' : protocol === 'xml' ? 'SlowDown' : 'ThrottlingException'
  const body =
    protocol === 'xml'
      ? `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Later.</Message></Error>`
      : JSON.stringify({ __type: `com.amazonaws#${code}`, message: 'Later.' })
  return {
    statusCode: kind === 'fail' ? 500 : protocol === 'xml' ? 503 : 400,
    headers: { 'content-type': protocol === 'xml' ? 'application/xml' : 'application/x-amz-json-1.0' },
    body: Readable.from([Buffer.from(body)]),
  } as unknown as Response
}

const slowMs = 30

/** Has each of a client's requests meet with what `next` says, retries too. Returns the requests so far, with their times. */
export const withTrouble = (
  client: S3Client | DynamoDBClient | SQSClient,
  protocol: 'xml' | 'json',
  next: () => Trouble,
): { readonly at: number[] } => {
  const requests = { at: [] as number[] }
  const config = client.config as { requestHandler: Handler }
  const real = config.requestHandler
  config.requestHandler = Object.assign(Object.create(real) as Handler, {
    handle: async (...args: Parameters<Handler['handle']>): ReturnType<Handler['handle']> => {
      requests.at.push(performance.now())
      const trouble = next()
      if (trouble === 'throttle' || trouble === 'fail') return { response: refusal(protocol, trouble) }
      if (trouble === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMs))
      const answer = await real.handle(...args)
      if (trouble === 'lose')
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'TimeoutError' })
      if (trouble === 'break-off' && answer.response.body instanceof Readable)
        return { response: Object.assign(answer.response, { body: await half(answer.response.body) }) }
      return answer
    },
  })
  return requests
}

const half = async (body: Readable): Promise<Readable> => {
  const whole = Buffer.concat(await body.toArray())
  return Readable.from([whole.subarray(0, whole.length >> 1)])
}
