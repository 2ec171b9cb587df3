import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { describeError } from './describe-error.ts'
import type { QueueTools } from './queue-handler.ts'
import type { StageEnd } from './stage-runner.ts'

/**
 * Logs how one delivery's work ended, and counts it. `unit` begins the names of the metrics, which the dashboard shows
 * (infra/aws/dashboard.ts).
 */
export const tellEnd = (unit: 'Stage' | 'Shard', ended: StageEnd, { logger, metrics }: QueueTools): void => {
  const work = `The ${unit.toLowerCase()}`
  switch (ended.end) {
    case 'ran':
      logger.info(`${work} is done.`, { cost: ended.cost })
      metrics.addMetric(`${unit}Milliseconds`, MetricUnit.Milliseconds, ended.cost.milliseconds)
      metrics.addMetric(`${unit}BytesRead`, MetricUnit.Bytes, ended.cost.bytesRead)
      metrics.addMetric(`${unit}Requests`, MetricUnit.Count, ended.cost.reads)
      metrics.addMetric(`${unit}PeakMemory`, MetricUnit.Bytes, ended.cost.peakMemoryBytes)
      break
    case 'divided':
      logger.info(`${work} goes on in shards.`)
      break
    case 'unfinished':
      logger.info(`${work} goes on in another call.`)
      break
    case 'failed':
      logger.warn(`${work} could not be done on this dump.`, { problem: describeError(ended.error) })
      break
    default:
      logger.info('There was nothing to do.', { end: ended.end })
  }
  metrics.addMetric(`${unit}${ended.end.charAt(0).toUpperCase()}${ended.end.slice(1)}`, MetricUnit.Count, 1)
}
