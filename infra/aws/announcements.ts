import { CfnOutput } from 'aws-cdk-lib'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Construct } from 'constructs'
import { deliveryPartition, webhookPartition } from '../../shared/cases/item-keys.ts'
import { type FedQueue, makeFedQueue } from './fed-queue.ts'
import { type Grant, NodeFunction } from './node-function.ts'
import {
  announceConcurrency,
  announceQueue,
  functionSettings,
  maxReceiveCount,
  type QueueSettings,
  webhookConcurrency,
  webhookQueue,
  webhookReceiveCount,
} from './stage-settings.ts'
import type { Storage } from './storage.ts'

type Sender = { readonly environment: Record<string, string>; readonly grants: Grant[] }

/**
 * What others hear of us. The end of each analysis, as an event on a bus that any rule of the account may match
 * (`source` is `dumpline`; shared/cases/webhooks/analysis-event.ts says what is in it), and as a request to each webhook of its
 * tenant. The stages only say that an analysis has ended. What calls addresses that people have typed is a function of its
 * own, which may read and write webhooks and what was sent to them, and nothing else. Both functions are outside the
 * isolated subnets, for they are there to tell the world; neither can reach a dump or a result.
 */
export class Announcements extends Construct {
  readonly bus: EventBus
  readonly queue: FedQueue
  readonly announce: NodeFunction
  readonly webhookQueue: FedQueue
  readonly webhooks: NodeFunction

  constructor(scope: Construct, id: string, { table }: Storage) {
    super(scope, id)
    this.bus = new EventBus(this, 'Bus', { description: 'The ends of analyses, for whoever wants to know of them.' })
    this.queue = makeFedQueue(this, 'Announce', announceQueue, maxReceiveCount)
    this.webhookQueue = makeFedQueue(this, 'Webhooks', webhookQueue, webhookReceiveCount)
    const readAndWrite = ['dynamodb:GetItem', 'dynamodb:PutItem']
    this.announce = new NodeFunction(this, 'Announce', {
      folder: 'announce',
      settings: functionSettings.announce,
      reservedConcurrency: announceConcurrency,
      environment: {
        TABLE_NAME: table.tableName,
        OWN_QUEUE_URLS: this.queue.queue.queueUrl,
        EVENT_BUS_NAME: this.bus.eventBusName,
        ...this.webhookCaller.environment,
      },
      grants: [
        { actions: [...readAndWrite, 'dynamodb:Query'], resources: [table.tableArn] },
        { actions: ['events:PutEvents'], resources: [this.bus.eventBusArn] },
        ...this.webhookCaller.grants,
      ],
    })
    feed(this.announce, this.queue, announceQueue, announceConcurrency)
    this.webhooks = new NodeFunction(this, 'Webhooks', {
      folder: 'webhooks',
      settings: functionSettings.webhooks,
      reservedConcurrency: webhookConcurrency,
      environment: { TABLE_NAME: table.tableName, OWN_QUEUE_URLS: this.webhookQueue.queue.queueUrl },
      grants: [
        {
          actions: readAndWrite,
          resources: [table.tableArn],
          partitions: [webhookPartition('*'), deliveryPartition('*', '*')],
        },
      ],
    })
    feed(this.webhooks, this.webhookQueue, webhookQueue, webhookConcurrency)
    new CfnOutput(this, 'BusName', { value: this.bus.eventBusName })
  }

  get queues(): readonly FedQueue[] {
    return [this.queue, this.webhookQueue]
  }

  /** What a function needs that may say that an analysis has ended. */
  get teller(): Sender {
    return sender('ANNOUNCE_QUEUE_URL', this.queue)
  }

  /** The same of one that may have a delivery to a webhook tried. */
  get webhookCaller(): Sender {
    return sender('WEBHOOK_QUEUE_URL', this.webhookQueue)
  }
}

const sender = (name: string, { queue }: FedQueue): Sender => ({
  environment: { [name]: queue.queueUrl },
  grants: [{ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }],
})

const feed = ({ fn }: NodeFunction, { queue }: FedQueue, { batchSize }: QueueSettings, maxConcurrency: number): void =>
  fn.addEventSource(new SqsEventSource(queue, { batchSize, maxConcurrency, reportBatchItemFailures: true }))
