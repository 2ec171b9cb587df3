import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import { environment } from './environment.ts'

/** Sends a stage its message. At least once: the receiver must bear to be told twice. */
export type SendStage = (message: StageMessage) => Promise<void>

/** Each stage's queue is named to the functions that may send to it, by `HEADER_QUEUE_URL` and so on. */
export const sqsSendStage =
  (client: SQSClient): SendStage =>
  async (message) => {
    const QueueUrl = environment(`${message.stage.toUpperCase()}_QUEUE_URL`)
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }))
  }

/** Has a message of the function's own queue delivered again in so many seconds, instead of hours later. */
export type RetryIn = (receiptHandle: string, seconds: number) => Promise<void>

export const sqsRetryIn =
  (client: SQSClient): RetryIn =>
  async (receiptHandle, seconds) => {
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: environment('QUEUE_URL'),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    )
  }
