import { tenantStore } from '../../shared/cases/tenant-store.ts'
import { makeEventBridgeClient, makeSqsClient } from '../aws/clients.ts'
import { busPublish } from '../aws/event-bus.ts'
import { sqsTellWebhook } from '../aws/webhook-queue.ts'
import { awsQueueTools, awsRecords } from '../aws/wiring.ts'
import { announceHandler } from './announce-handler.ts'

const aws = awsRecords()
const sqs = makeSqsClient()

export const handler = announceHandler(
  {
    ...aws,
    publish: busPublish(makeEventBridgeClient()),
    tenantStore: (tenant) => tenantStore(aws.table, tenant),
    tellWebhook: sqsTellWebhook(sqs),
  },
  awsQueueTools(aws.logger, sqs),
)
