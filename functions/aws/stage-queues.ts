import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Lane } from '../../shared/cases/lane.ts'
import type { Stage } from '../../shared/cases/stage.ts'
import type { ShardMessage } from '../../shared/messages/shard-message.ts'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import { environment } from './environment.ts'

/** Sends a stage its message. At least once: the receiver must bear to be told twice. */
export type SendStage = (message: StageMessage) => Promise<void>

/** The same for a shard. */
export type SendShard = (message: ShardMessage) => Promise<void>

/** Whose queues: a stage's, or those of the shards. */
export type QueueOwner = Stage | 'scan'

/** Each stage's queues are named to the functions that may send to them, by `HEADER_NORMAL_QUEUE_URL` and so on. */
const queueUrl = (owner: QueueOwner, lane: Lane): string =>
  environment(`${owner.toUpperCase()}_${lane.toUpperCase()}_QUEUE_URL`)

/** `urlOf`: how a function that has the queues named to it in another way finds them. */
export const sqsSendStage =
  (client: SQSClient, urlOf = queueUrl): SendStage =>
  (message) =>
    sendTo(client, urlOf(message.stage, message.lane), message)

export const sqsSendShard =
  (client: SQSClient): SendShard =>
  (message) =>
    sendTo(client, queueUrl('scan', message.lane), message)

const sendTo = async (client: SQSClient, QueueUrl: string, message: StageMessage): Promise<void> =>
  void (await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) })))

/** How many messages wait in a stage's queue, or that of the shards, about. */
export type Backlog = (owner: QueueOwner, lane: Lane) => Promise<number>

export const sqsBacklog =
  (client: SQSClient): Backlog =>
  async (owner, lane) => {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl(owner, lane),
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    )
    return Number(Attributes?.ApproximateNumberOfMessages ?? 0)
  }

/** A received message: which queue it came from, by ARN, and the handle it has until it is received again. */
export type Received = { readonly eventSourceARN: string; readonly receiptHandle: string }

/** Has a message of one of the function's own queues delivered again in so many seconds, instead of hours later. */
export type RetryIn = (message: Received, seconds: number) => Promise<void>

/** The function's own queues are in `OWN_QUEUE_URLS`, separated by spaces; an ARN and a URL end in the queue's name. */
export const sqsRetryIn =
  (client: SQSClient): RetryIn =>
  async ({ eventSourceARN, receiptHandle }, seconds) => {
    const name = eventSourceARN.split(':').at(-1)
    const QueueUrl = environment('OWN_QUEUE_URLS')
      .split(' ')
      .find((url) => url.split('/').at(-1) === name)
    if (QueueUrl === undefined) throw new Error(`${name} is not a queue of this function.`)
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds }),
    )
  }
