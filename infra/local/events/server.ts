import { createHash, randomUUID } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Credentials } from '../endpoints/credentials.ts'
import { BodyTooLarge, readBody } from '../endpoints/loopback.ts'
import { SignatureError, verifySignature } from '../endpoints/signature.ts'

const largestRequest = 2 ** 20

const PutEvents = z.object({
  Entries: z
    .array(
      z.object({
        EventBusName: z.string().optional(),
        Source: z.string().optional(),
        DetailType: z.string().optional(),
        Detail: z.string().optional(),
        Time: z.number().optional(),
      }),
    )
    .min(1)
    .max(10),
})
type Entry = z.infer<typeof PutEvents>['Entries'][number]

/**
 * EventBridge as far as it goes without subscribers, which are others' and not on this machine: PutEvents checks what it
 * is given as the service does ("PutEvents", EventBridge API reference) and writes each event as a line of JSON into a
 * file, in the form in which a target would get it. No rule is matched.
 */
export const eventsServer = (buses: readonly string[], file: string, credentials: Credentials) => {
  const put = async (entry: Entry): Promise<object> => {
    const problem = problemOf(entry, buses)
    if (problem !== null) return problem
    const id = randomUUID()
    const event = {
      id,
      bus: entry.EventBusName,
      source: entry.Source,
      'detail-type': entry.DetailType,
      time: new Date((entry.Time ?? Date.now() / 1000) * 1000).toISOString(),
      detail: JSON.parse(entry.Detail ?? ''),
    }
    await appendFile(file, `${JSON.stringify(event)}\n`, { mode: 0o600 })
    return { EventId: id }
  }

  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const body = await readBody(request, largestRequest)
    const bodyHash = createHash('sha256').update(body).digest('hex')
    const signed = { method: request.method ?? '', target: request.url ?? '/', headers: request.headers, bodyHash }
    verifySignature(signed, credentials, 'events', Date.now())
    const target = String(request.headers['x-amz-target'] ?? '')
    if (target !== 'AWSEvents.PutEvents')
      throw new Unknown(`The local stack does not implement the EventBridge action "${target}".`)
    const entries: object[] = []
    for (const entry of PutEvents.parse(JSON.parse(body.toString())).Entries) entries.push(await put(entry))
    return { FailedEntryCount: entries.filter((entry) => 'ErrorCode' in entry).length, Entries: entries }
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const send = (status: number, value: unknown): void => {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() }
      response.writeHead(status, headers).end(JSON.stringify(value))
    }
    try {
      send(200, await answer(request))
    } catch (error) {
      const { code, message, status } = describeError(error)
      send(status, { __type: code, message })
    }
  }
}

class Unknown extends Error {
  override readonly name = 'UnknownOperationException'
}

/** What the service says of an entry that it does not take; it takes the others of the request. */
const problemOf = (entry: Entry, buses: readonly string[]): object | null => {
  const problem = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage })
  for (const name of ['Source', 'DetailType', 'Detail'] as const)
    if (!entry[name]) return problem('InvalidArgument', `Parameter ${name} is not valid. Reason: it is required.`)
  if (!isObject(entry.Detail ?? '')) return problem('MalformedDetail', 'Detail is malformed.')
  if (!buses.includes(entry.EventBusName ?? 'default'))
    return problem('InvalidArgument', `There is no event bus ${entry.EventBusName ?? 'default'}.`)
  return null
}

const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const describeError = (error: unknown): { code: string; message: string; status: number } => {
  if (error instanceof Unknown) return { code: error.name, message: error.message, status: 400 }
  if (error instanceof SignatureError) return { code: error.code, message: error.message, status: error.status }
  if (error instanceof SyntaxError || error instanceof z.ZodError)
    return { code: 'ValidationException', message: error.message, status: 400 }
  if (error instanceof BodyTooLarge) return { code: 'ValidationException', message: error.message, status: 413 }
  console.error(error)
  return { code: 'InternalException', message: 'The local stack failed; its output says why.', status: 500 }
}
