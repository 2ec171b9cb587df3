import type { Logger } from '@aws-lambda-powertools/logger'
import type { Context, SQSEvent } from 'aws-lambda'
import { dueBatches } from '../../shared/cases/batches/batch-store.ts'
import type { Table } from '../../shared/cases/table.ts'
import { BatchMessage } from '../../shared/messages/batch-message.ts'
import { describeError } from '../aws/describe-error.ts'
import { type QueueTools, queueHandler } from '../aws/queue-handler.ts'
import type { ReprocessPorts } from './ports.ts'
import { stepBatch } from './step.ts'

/** Batches that one run of the schedule takes up. */
const mostBatches = 20

/**
 * A Lambda handler for two things: messages, each of which has a batch worked on for a step, and a schedule, which takes
 * up the batches whose message got lost.
 */
export const reprocessHandler = (ports: ReprocessPorts & { readonly table: Table }, tools: QueueTools) => {
  const step = async (message: BatchMessage, holder: string, leaseMs: number): Promise<void> => {
    const ended = await stepBatch(ports, message, { holder, leaseMs })
    report(tools.logger, message, ended)
  }
  const onMessages = queueHandler(tools, async (record, context) =>
    step(BatchMessage.parse(JSON.parse(record.body)), record.messageId, context.getRemainingTimeInMillis()),
  )
  const onSchedule = async (context: Context): Promise<void> => {
    for (const [index, due] of (await dueBatches(ports.table, ports.now(), mostBatches)).entries()) {
      if (context.getRemainingTimeInMillis() < shortestLeaseMs) return
      await step(due, `${context.awsRequestId} ${index}`, context.getRemainingTimeInMillis())
    }
  }
  return (event: unknown, context: Context) => (isFromQueue(event) ? onMessages(event, context) : onSchedule(context))
}

const shortestLeaseMs = 10_000

const isFromQueue = (event: unknown): event is SQSEvent =>
  typeof event === 'object' && event !== null && Array.isArray((event as Partial<SQSEvent>).Records)

const report = (logger: Logger, message: BatchMessage, ended: Awaited<ReturnType<typeof stepBatch>>): void => {
  if (ended.end === 'failed')
    logger.error('A step of a batch failed; it goes on in some seconds.', {
      ...message,
      problem: describeError(ended.error),
    })
  else logger.info('A batch was worked on.', { ...message, ...ended })
}
