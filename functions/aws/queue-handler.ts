import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware'
import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { awsRetries } from './aws-retries.ts'
import { describeError } from './describe-error.ts'
import type { RetryIn } from './stage-queues.ts'
import { StageBusy } from './stage-runner.ts'

/** Nothing is wrong with the message or with us; it has to be delivered again in so many seconds. */
export class ComeBack extends Error {
  override readonly name = 'ComeBack'
  readonly seconds: number

  constructor(message: string, seconds: number) {
    super(message)
    this.seconds = seconds
  }
}

export type QueueTools = { readonly logger: Logger; readonly metrics: Metrics; readonly retryIn: RetryIn }

/**
 * A Lambda handler for a queue's messages, one after another. A message whose handling throws is reported as failed by
 * itself, and the rest of its batch is done.
 */
export const queueHandler = (
  { logger, metrics, retryIn }: QueueTools,
  handle: (record: SQSRecord, context: Context) => Promise<void>,
) => {
  const handleOne = async (record: SQSRecord, context: Context): Promise<void> => {
    const before = awsRetries()
    try {
      await handle(record, context)
      metrics.addMetric('MessagesHandled', MetricUnit.Count, 1)
    } catch (error) {
      if (error instanceof StageBusy) logger.info(error.message)
      else if (error instanceof ComeBack) await comeBackIn(record, error.seconds)
      else await report(record, error)
      throw error
    } finally {
      metrics.addMetric('AwsRetries', MetricUnit.Count, awsRetries() - before)
      logger.resetKeys()
    }
  }

  /**
   * Left alone, a failed message would come back only when its visibility is over, which for long stages is hours. One
   * whose stage is busy may wait that long: whoever has the stage has less.
   */
  const report = async (record: SQSRecord, error: unknown): Promise<void> => {
    metrics.addMetric('MessagesFailed', MetricUnit.Count, 1)
    const { messageId } = record
    const problem = describeError(error)
    logger.error('A message could not be dealt with.', { messageId, receiveCount: receiveCount(record), problem })
    await comeBackIn(record, backoffSeconds(receiveCount(record)))
  }

  const comeBackIn = async (record: SQSRecord, seconds: number): Promise<void> => {
    try {
      await retryIn(record, seconds)
    } catch (failure) {
      logger.warn('A failed message could not be set to come back soon.', { problem: describeError(failure) })
    }
  }

  return middy<SQSEvent, SQSBatchResponse>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics))
    .handler((event, context) =>
      processPartialResponse(event, handleOne, new BatchProcessor(EventType.SQS), {
        context,
        processInParallel: false,
        // A batch of one that fails is an ordinary failure, not a crash of the function.
        throwOnFullBatchFailure: false,
      }),
    )
}

export const receiveCount = (record: SQSRecord): number => Number(record.attributes.ApproximateReceiveCount)

/** 5, 10, 20, 40 seconds …, at most five minutes. */
export const backoffSeconds = (receives: number): number => Math.min(300, 5 * 2 ** (receives - 1))
