import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { DeliveryMessage } from '../../shared/messages/delivery-message.ts'
import { ComeBack, type QueueTools, queueHandler } from '../aws/queue-handler.ts'
import { type DeliverPorts, deliver } from './deliver.ts'

/** A Lambda handler that makes one attempt to deliver an event for each message of its queue. */
export const webhooksHandler = (ports: DeliverPorts, tools: QueueTools) =>
  queueHandler(tools, async (record) => {
    const { logger, metrics } = tools
    const message = DeliveryMessage.parse(JSON.parse(record.body))
    logger.appendKeys({ webhookId: message.webhookId, eventId: message.eventId })
    const ended = await deliver(ports, message)
    metrics.addMetric(metricOf[ended.end], MetricUnit.Count, 1)
    logger.info('A webhook was called.', ended)
    if (ended.end === 'again') throw new ComeBack(ended.note, ended.seconds)
  })

const metricOf = {
  delivered: 'WebhookDelivered',
  failed: 'WebhookFailed',
  dropped: 'WebhookDropped',
  again: 'WebhookAgain',
} as const
