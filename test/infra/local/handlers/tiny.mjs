// The functions that the local stack's tests run: each shows one thing a function can do.
import { appendFile } from 'node:fs/promises'

export const echo = async (event, context) => ({
  event,
  requestId: context.awsRequestId,
  memory: context.memoryLimitInMB,
  remaining: context.getRemainingTimeInMillis(),
  pid: process.pid,
  environment: process.env,
})

export const fail = async () => {
  throw new TypeError('This function always fails.')
}

export const exit = async () => process.exit(7)

export const sleep = async ({ milliseconds }) => {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  return process.pid
}

/** Never answers. */
export const hang = () => new Promise((resolve) => setTimeout(resolve, 2 ** 30))

/** Does not yield: nothing in this thread can end it. */
export const spin = async ({ file }) => {
  if (file) await appendFile(file, `${process.pid}\n`)
  for (;;);
}

/** Takes memory outside the heap, which only the watch over the whole process sees. */
export const grow = async () => {
  const held = []
  for (;;) {
    held.push(Buffer.alloc(2 ** 22, held.length))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

export const large = async () => 'x'.repeat(7_000_000)

/** Writes down each message it gets, and fails those that say so, `times` times. */
export const worker = async ({ Records }) => {
  const batchItemFailures = []
  for (const record of Records) {
    const { name, times = 0 } = JSON.parse(record.body)
    const count = Number(record.attributes.ApproximateReceiveCount)
    await appendFile(process.env.JOURNAL, `${name} ${count}\n`)
    if (count <= times) batchItemFailures.push({ itemIdentifier: record.messageId })
  }
  return { batchItemFailures }
}

/** Fails the whole batch the first time it sees it. */
export const clumsy = async ({ Records }) => {
  const lines = Records.map(({ body, attributes }) => `${body} ${attributes.ApproximateReceiveCount}\n`)
  await appendFile(process.env.JOURNAL, lines.join(''))
  if (Records.some(({ attributes }) => attributes.ApproximateReceiveCount === '1'))
    throw new Error('Not the first time.')
}

export const web = async (event) => {
  if (event.rawPath === '/api/plain') return { hello: 'world' }
  if (event.rawPath === '/api/bytes')
    return {
      statusCode: 201,
      body: Buffer.from([0, 255]).toString('base64'),
      isBase64Encoded: true,
      cookies: ['a=1', 'b=2'],
    }
  if (event.rawPath === '/api/nonsense') return { statusCode: 'often' }
  return { statusCode: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(event) }
}
