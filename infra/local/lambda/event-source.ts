import { md5 } from '../sqs/attributes.ts'
import { systemAttributes } from '../sqs/operations.ts'
import type { Message, QueueSettings, Queues } from '../sqs/queues.ts'
import { region } from '../template/template.ts'
import type { LambdaFunction } from './function.ts'
import type { FunctionError } from './runtime-api.ts'

/** What the template says of an event source mapping. */
export type MappingSettings = {
  readonly queue: QueueSettings
  readonly batchSize: number
  /** Seconds to fill a batch after its first message. */
  readonly batchingWindow: number
  readonly reportsItemFailures: boolean
  /** Batches under way at once. */
  readonly concurrency: number
}

export type EventSource = {
  /** Takes no more messages, and waits until those taken are deleted or back in the queue. */
  readonly stop: () => Promise<void>
}

/**
 * Feeds a queue's messages to a function ("Using Lambda with Amazon SQS", developer guide): what the function handled is
 * deleted, and what it reports as failed comes back when it said, or when its visibility timeout is over. AWS waits for
 * that timeout as well when the function itself fails; here the wait is then as many seconds as the message has been
 * received, so that whoever watches sees the retry.
 */
export const startEventSource = (
  settings: MappingSettings,
  queues: Queues,
  target: LambdaFunction,
  onFailure: (error: FunctionError) => void,
): EventSource => {
  const { queue, batchSize, batchingWindow } = settings
  const stopping = new AbortController()

  const nextBatch = async (): Promise<Message[]> => {
    const receive = (max: number, wait: number) =>
      queues.receive(queue.name, { max: Math.min(max, 10), wait, signal: stopping.signal })
    const batch = await receive(batchSize, 20)
    const deadline = Date.now() + batchingWindow * 1000
    while (batch.length > 0 && batch.length < batchSize && !stopping.signal.aborted) {
      const more = await receive(batchSize - batch.length, Math.max(0, (deadline - Date.now()) / 1000))
      if (more.length === 0) break
      batch.push(...more)
    }
    return batch
  }

  const handle = async (batch: readonly Message[]): Promise<void> => {
    const outcome = await target.invoke({ Records: batch.map((message) => recordOf(message, queue.arn)) })
    if (!outcome.ok && !stopping.signal.aborted) onFailure(outcome.error)
    const failed = outcome.ok ? failedIds(outcome.payload, batch, settings.reportsItemFailures) : 'all'
    for (const message of batch) {
      if (failed !== 'all' && !failed.has(message.messageId)) queues.delete(queue.name, message.receiptHandle)
      else if (failed === 'all' || stopping.signal.aborted) giveBack(message)
    }
  }

  const giveBack = (message: Message): void => {
    const wait = stopping.signal.aborted ? 0 : Math.min(message.receiveCount, queue.visibilityTimeout)
    try {
      queues.changeVisibility(queue.name, message.receiptHandle, wait)
    } catch (error) {
      // A function that took longer than the visibility timeout: the message is in the queue, or with someone else.
      if ((error as { code?: string }).code !== 'MessageNotInflight') throw error
    }
  }

  const poll = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const batch = await nextBatch()
      if (batch.length > 0) await handle(batch)
    }
  }

  const pollers = Array.from({ length: settings.concurrency }, poll)
  return {
    stop: async () => {
      stopping.abort()
      await Promise.all(pollers)
    },
  }
}

/**
 * Which messages of a batch the function says it failed. An answer that cannot be understood, or names a message that is
 * not in the batch, fails them all ("Implementing partial batch responses", developer guide).
 */
export const failedIds = (
  payload: string,
  batch: readonly { readonly messageId: string }[],
  reportsItemFailures: boolean,
): ReadonlySet<string> | 'all' => {
  if (!reportsItemFailures) return new Set()
  const answer = JSON.parse(payload) as { batchItemFailures?: unknown } | null
  const failures = answer?.batchItemFailures ?? []
  if (!Array.isArray(failures)) return 'all'
  const ids = failures.map((failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier)
  const known = new Set<unknown>(batch.map(({ messageId }) => messageId))
  return ids.every((id) => known.has(id)) ? new Set(ids as string[]) : 'all'
}

const recordOf = (message: Message, arn: string) => ({
  messageId: message.messageId,
  receiptHandle: message.receiptHandle,
  body: message.body,
  attributes: systemAttributes(message),
  messageAttributes: Object.fromEntries(
    Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue },
    ]),
  ),
  md5OfBody: md5(message.body),
  eventSource: 'aws:sqs',
  eventSourceARN: arn,
  awsRegion: region,
})
