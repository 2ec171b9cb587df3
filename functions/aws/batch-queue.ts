import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { BatchMessage } from '../../shared/messages/batch-message.ts'
import { environment } from './environment.ts'

/** Has a batch worked on, so many seconds from now. At least once: the receiver must bear to be told twice. */
export type TellBatch = (message: BatchMessage, delaySeconds: number) => Promise<void>

/** SQS delays a message by 15 minutes at most. */
const mostDelaySeconds = 900

/** The queue is named to the functions that may send to it by `REPROCESS_QUEUE_URL`. */
export const sqsTellBatch =
  (client: SQSClient): TellBatch =>
  async (message, delaySeconds) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: environment('REPROCESS_QUEUE_URL'),
        MessageBody: JSON.stringify(message),
        DelaySeconds: Math.min(mostDelaySeconds, Math.max(0, delaySeconds)),
      }),
    )
  }
