import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { StageMessage } from '../../shared/messages/stage-message.ts'
import { describeError } from './describe-error.ts'
import { type QueueTools, queueHandler, receiveCount } from './queue-handler.ts'
import { runStage, type StageJob, type StagePorts } from './stage-runner.ts'

/** A Lambda handler that runs one stage for each message of its queue. */
export const stageHandler = (job: StageJob, ports: StagePorts, tools: QueueTools, maxReceiveCount: number) =>
  queueHandler(tools, async (record, context) => {
    const { logger, metrics } = tools
    const message = StageMessage.parse(JSON.parse(record.body))
    if (message.stage !== job.stage)
      throw new Error(`A message for the stage ${message.stage} is in the queue of ${job.stage}.`)
    const { caseId, dumpId, analysisId, stage, lane, traceId } = message
    logger.appendKeys({ caseId, dumpId, analysisId, stage, lane, traceId })

    const ended = await runStage(job, ports, {
      message,
      messageId: record.messageId,
      last: receiveCount(record) >= maxReceiveCount,
      leaseMs: context.getRemainingTimeInMillis(),
    })
    switch (ended.end) {
      case 'ran':
        logger.info('The stage is done.', { cost: ended.cost })
        metrics.addMetric('StageMilliseconds', MetricUnit.Milliseconds, ended.cost.milliseconds)
        metrics.addMetric('StageBytesRead', MetricUnit.Bytes, ended.cost.bytesRead)
        metrics.addMetric('StageRequests', MetricUnit.Count, ended.cost.reads)
        metrics.addMetric('StagePeakMemory', MetricUnit.Bytes, ended.cost.peakMemoryBytes)
        if (stage === 'verdict' && ended.sinceUploadMs !== null)
          metrics.addMetric('UploadToVerdict', MetricUnit.Milliseconds, ended.sinceUploadMs)
        break
      case 'divided':
        logger.info('The stage goes on in shards.')
        break
      case 'unfinished':
        logger.info('The stage goes on in another call.')
        break
      case 'failed':
        logger.warn('The stage could not be done on this dump.', { problem: describeError(ended.error) })
        break
      default:
        logger.info('There was nothing to do.', { end: ended.end })
    }
    metrics.addMetric(`Stage${ended.end.charAt(0).toUpperCase()}${ended.end.slice(1)}`, MetricUnit.Count, 1)
  })
