import { z } from 'zod'
import { account } from '../template/template.ts'
import { md5, md5OfAttributes } from './attributes.ts'
import { invalidValue, SqsError } from './errors.ts'
import type { Message, Queues } from './queues.ts'

const Attributes = z
  .record(
    z.string(),
    z.object({ DataType: z.string(), StringValue: z.string().optional(), BinaryValue: z.string().optional() }),
  )
  .default({})

const Sent = {
  MessageBody: z.string(),
  MessageAttributes: Attributes,
  DelaySeconds: z.number().optional(),
}
const QueueUrl = z.string()
const Id = z.string().regex(/^[\w-]{1,80}$/)
const batchOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object({ QueueUrl, Entries: z.array(z.object({ Id, ...shape })) })

type Operation = (input: unknown, signal: AbortSignal) => unknown

/**
 * The actions of the SQS API by name, as functions of the JSON they get. FIFO queues are not here: the template has
 * none, and their parameters are refused.
 */
export const sqsOperations = (queues: Queues, origin: string): Record<string, Operation> => {
  const urlOf = (name: string): string => `${origin}/${account}/${name}`
  /** A queue URL's last segment is the queue's name, whatever host and port it was made with. */
  const nameOf = (url: string): string => queues.find(url.slice(url.lastIndexOf('/') + 1)).name

  const send = (name: string, { MessageBody, MessageAttributes, DelaySeconds }: z.infer<z.ZodObject<typeof Sent>>) => ({
    MessageId: queues.send(name, {
      body: MessageBody,
      attributes: MessageAttributes,
      ...(DelaySeconds !== undefined && { delay: DelaySeconds }),
    }),
    MD5OfMessageBody: md5(MessageBody),
    ...(Object.keys(MessageAttributes).length > 0 && { MD5OfMessageAttributes: md5OfAttributes(MessageAttributes) }),
  })

  return {
    SendMessage: operation(z.object({ QueueUrl, ...Sent, ...noFifo }), (input) => send(nameOf(input.QueueUrl), input)),

    SendMessageBatch: operation(batchOf({ ...Sent, ...noFifo }), (input) => {
      const name = nameOf(input.QueueUrl)
      return batch(input.Entries, (entry) => send(name, entry))
    }),

    ReceiveMessage: operation(
      z.object({
        QueueUrl,
        MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
        WaitTimeSeconds: z.number().int().min(0).max(20).optional(),
        VisibilityTimeout: z.number().optional(),
        AttributeNames: z.array(z.string()).default([]),
        MessageSystemAttributeNames: z.array(z.string()).default([]),
        MessageAttributeNames: z.array(z.string()).default([]),
      }),
      async (input, signal) => {
        const queue = queues.find(nameOf(input.QueueUrl))
        const messages = await queues.receive(queue.name, {
          max: input.MaxNumberOfMessages,
          wait: input.WaitTimeSeconds ?? queue.waitTime,
          signal,
          ...(input.VisibilityTimeout !== undefined && { visibilityTimeout: input.VisibilityTimeout }),
        })
        const system = [...input.AttributeNames, ...input.MessageSystemAttributeNames]
        return { Messages: messages.map((message) => describe(message, system, input.MessageAttributeNames)) }
      },
    ),

    DeleteMessage: operation(z.object({ QueueUrl, ReceiptHandle: z.string() }), (input) => {
      queues.delete(nameOf(input.QueueUrl), input.ReceiptHandle)
      return {}
    }),

    DeleteMessageBatch: operation(batchOf({ ReceiptHandle: z.string() }), (input) => {
      const name = nameOf(input.QueueUrl)
      return batch(input.Entries, ({ ReceiptHandle }) => {
        queues.delete(name, ReceiptHandle)
        return {}
      })
    }),

    ChangeMessageVisibility: operation(
      z.object({ QueueUrl, ReceiptHandle: z.string(), VisibilityTimeout: z.number() }),
      (input) => {
        queues.changeVisibility(nameOf(input.QueueUrl), input.ReceiptHandle, input.VisibilityTimeout)
        return {}
      },
    ),

    ChangeMessageVisibilityBatch: operation(
      batchOf({ ReceiptHandle: z.string(), VisibilityTimeout: z.number() }),
      (input) => {
        const name = nameOf(input.QueueUrl)
        return batch(input.Entries, ({ ReceiptHandle, VisibilityTimeout }) => {
          queues.changeVisibility(name, ReceiptHandle, VisibilityTimeout)
          return {}
        })
      },
    ),

    GetQueueUrl: operation(z.object({ QueueName: z.string() }), (input) => ({
      QueueUrl: urlOf(queues.find(input.QueueName).name),
    })),

    ListQueues: operation(z.object({ QueueNamePrefix: z.string().default('') }), (input) => ({
      QueueUrls: queues.names.filter((name) => name.startsWith(input.QueueNamePrefix)).map(urlOf),
    })),

    GetQueueAttributes: operation(
      z.object({ QueueUrl, AttributeNames: z.array(z.string()).default([]) }),
      ({ QueueUrl: url, AttributeNames }) => {
        const name = nameOf(url)
        const all = attributesOf(queues, name)
        const wanted = AttributeNames.includes('All') ? Object.keys(all) : AttributeNames
        return { Attributes: pick(all, wanted) }
      },
    ),

    PurgeQueue: operation(z.object({ QueueUrl }), (input) => {
      queues.purge(nameOf(input.QueueUrl))
      return {}
    }),

    StartMessageMoveTask: operation(
      z.object({
        SourceArn: z.string(),
        DestinationArn: z.string().optional(),
        MaxNumberOfMessagesPerSecond: z.number().optional(),
      }),
      (input) => ({ TaskHandle: queues.moveAll(input.SourceArn, input.DestinationArn) }),
    ),

    ListMessageMoveTasks: operation(
      z.object({ SourceArn: z.string(), MaxResults: z.number().int().min(1).max(10).default(1) }),
      (input) => ({
        Results: queues
          .movesFrom(input.SourceArn)
          .slice(0, input.MaxResults)
          .map(({ startedAt, moved }) => ({
            Status: 'COMPLETED',
            SourceArn: input.SourceArn,
            StartedTimestamp: startedAt,
            ApproximateNumberOfMessagesMoved: moved,
            ApproximateNumberOfMessagesToMove: moved,
          })),
      }),
    ),
  }
}

const noFifo = { MessageGroupId: z.undefined().optional(), MessageDeduplicationId: z.undefined().optional() }

const operation =
  <Schema extends z.ZodType>(
    schema: Schema,
    run: (input: z.infer<Schema>, signal: AbortSignal) => unknown,
  ): Operation =>
  (input, signal) => {
    const parsed = schema.safeParse(input)
    if (!parsed.success) throw invalidValue(z.prettifyError(parsed.error))
    return run(parsed.data, signal)
  }

/** Runs each entry by itself: one that fails is reported and does not stop the others. */
const batch = <Entry extends { Id: string }>(entries: readonly Entry[], run: (entry: Entry) => object) => {
  if (entries.length === 0) throw new SqsError('EmptyBatchRequest', 'The batch has no entries.')
  if (entries.length > 10) throw new SqsError('TooManyEntriesInBatchRequest', 'The batch has more than 10 entries.')
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    throw new SqsError('BatchEntryIdsNotDistinct', 'Two entries of the batch have one id.')
  const Successful: object[] = []
  const Failed: object[] = []
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...run(entry) })
    } catch (error) {
      if (!(error instanceof SqsError)) throw error
      Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true })
    }
  }
  return { Successful, Failed }
}

/** The system attributes of a received message, as clients and Lambda get them. */
export const systemAttributes = (message: Message): Record<string, string> => ({
  ApproximateReceiveCount: String(message.receiveCount),
  SentTimestamp: String(message.sentAt),
  SenderId: account,
  ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  ...(message.source !== null && { DeadLetterQueueSourceArn: message.source }),
})

const describe = (message: Message, system: readonly string[], names: readonly string[]) => {
  const all = systemAttributes(message)
  const isWanted = (name: string) =>
    names.some((pattern) =>
      pattern === 'All' || pattern.endsWith('.*')
        ? name.startsWith(pattern.slice(0, -2)) || pattern === 'All'
        : pattern === name,
    )
  const attributes = Object.fromEntries(Object.entries(message.attributes).filter(([name]) => isWanted(name)))
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: system.includes('All') ? all : pick(all, system),
    ...(Object.keys(attributes).length > 0 && {
      MessageAttributes: attributes,
      MD5OfMessageAttributes: md5OfAttributes(attributes),
    }),
  }
}

const attributesOf = (queues: Queues, name: string): Record<string, string> => {
  const queue = queues.find(name)
  const { visible, inFlight, delayed } = queues.count(name)
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(queue.visibilityTimeout),
    DelaySeconds: String(queue.delay),
    MessageRetentionPeriod: String(queue.retention),
    MaximumMessageSize: String(queue.largestMessage),
    ReceiveMessageWaitTimeSeconds: String(queue.waitTime),
    ...(queue.redrive !== null && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: queues.find(queue.redrive.to).arn,
        maxReceiveCount: queue.redrive.maxReceives,
      }),
    }),
  }
}

const pick = (all: Record<string, string>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]))
