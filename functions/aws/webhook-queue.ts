import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { DeliveryMessage } from '../../shared/messages/delivery-message.ts'
import { environment } from './environment.ts'

/** Has a delivery to a webhook tried. At least once: what was delivered is not sent again. */
export type TellWebhook = (message: DeliveryMessage) => Promise<void>

export const sqsTellWebhook =
  (client: SQSClient, queueUrl: () => string = () => environment('WEBHOOK_QUEUE_URL')): TellWebhook =>
  async (message) => {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: JSON.stringify(message) }))
  }
