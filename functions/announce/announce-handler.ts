import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { EndMessage } from '../../shared/messages/end-message.ts'
import { type QueueTools, queueHandler } from '../aws/queue-handler.ts'
import { type AnnouncePorts, announce } from './announce.ts'

/** A Lambda handler that announces the end of an analysis for each message of its queue. */
export const announceHandler = (ports: AnnouncePorts, tools: QueueTools) =>
  queueHandler(tools, async (record) => {
    const { logger, metrics } = tools
    const message = EndMessage.parse(JSON.parse(record.body))
    const event = await announce(ports, message)
    if (event === null) return logger.info('There was nothing to announce.', message)
    logger.info('The end of an analysis was announced.', { ...message, eventId: event.id })
    metrics.addMetric('Announced', MetricUnit.Count, 1)
  })
