import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { ShardMessage } from '../../shared/messages/shard-message.ts'
import { describeError } from '../aws/describe-error.ts'
import { type QueueTools, queueHandler, receiveCount } from '../aws/queue-handler.ts'
import { runStage, type StageJob, type StagePorts } from '../aws/stage-runner.ts'

/** A Lambda handler that works on one shard for each message of its queue. */
export const shardHandler = (
  jobOf: (shard: number) => StageJob,
  ports: StagePorts,
  tools: QueueTools,
  maxReceiveCount: number,
) =>
  queueHandler(tools, async (record, context) => {
    const { logger, metrics } = tools
    const message = ShardMessage.parse(JSON.parse(record.body))
    const { caseId, dumpId, analysisId, stage, shard, lane, traceId } = message
    logger.appendKeys({ caseId, dumpId, analysisId, stage, shard, lane, traceId })

    const ended = await runStage(jobOf(shard), ports, {
      message,
      messageId: record.messageId,
      last: receiveCount(record) >= maxReceiveCount,
      leaseMs: context.getRemainingTimeInMillis(),
    })
    switch (ended.end) {
      case 'ran':
        logger.info('The shard is done.', { cost: ended.cost })
        metrics.addMetric('ShardMilliseconds', MetricUnit.Milliseconds, ended.cost.milliseconds)
        metrics.addMetric('ShardBytesRead', MetricUnit.Bytes, ended.cost.bytesRead)
        metrics.addMetric('ShardRequests', MetricUnit.Count, ended.cost.reads)
        metrics.addMetric('ShardPeakMemory', MetricUnit.Bytes, ended.cost.peakMemoryBytes)
        break
      case 'failed':
        logger.warn('The shard could not be done.', { problem: describeError(ended.error) })
        break
      default:
        logger.info('There was nothing to do.', { end: ended.end })
    }
    metrics.addMetric(`Shard${ended.end.charAt(0).toUpperCase()}${ended.end.slice(1)}`, MetricUnit.Count, 1)
  })
