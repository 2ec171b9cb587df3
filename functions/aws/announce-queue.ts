import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { EndMessage } from '../../shared/messages/end-message.ts'
import { environment } from './environment.ts'

/** Has an analysis's end announced. At least once: what was announced is announced under the same id. */
export type TellEnd = (message: EndMessage) => Promise<void>

export const sqsTellEnd =
  (client: SQSClient): TellEnd =>
  async ({ tenant, caseId, dumpId, analysisId }) => {
    const MessageBody = JSON.stringify({ tenant, caseId, dumpId, analysisId })
    await client.send(new SendMessageCommand({ QueueUrl: environment('ANNOUNCE_QUEUE_URL'), MessageBody }))
  }
