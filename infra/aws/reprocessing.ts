import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { lanes } from '../../shared/cases/lane.ts'
import { stages } from '../../shared/cases/stage.ts'
import type { FedQueue } from './fed-queue.ts'
import { NodeFunction } from './node-function.ts'
import type { Pipeline } from './pipeline.ts'
import {
  functionSettings,
  maxReceiveCount,
  reprocessConcurrency,
  reprocessEveryMinutes,
  reprocessQueue,
  retentionDays,
} from './stage-settings.ts'
import {
  caseListIndex,
  dueIndex,
  dumpsPrefix,
  recordActions,
  resultsPrefix,
  type Storage,
  unpackedPrefix,
} from './storage.ts'

/**
 * Batches of old cases done again. One function works on them in short steps: each sends itself the message for the next
 * one, and a schedule takes up what lost its message.
 */
export class Reprocessing extends Construct {
  readonly queue: FedQueue
  readonly function: NodeFunction

  constructor(scope: Construct, id: string, storage: Storage, pipeline: Pipeline) {
    super(scope, id)
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true }
    const deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      retentionPeriod: Duration.days(retentionDays.deadLetters),
    })
    const queue = new Queue(this, 'Queue', {
      ...common,
      visibilityTimeout: Duration.seconds(reprocessQueue.visibilitySeconds),
      retentionPeriod: Duration.days(retentionDays.queue),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount },
    })
    this.queue = { name: 'Reprocess', queue, deadLetters }

    const { table, bucket } = storage
    const lane = lanes.indexOf('reprocessing')
    const stageQueues = stages.map((stage) => ({ stage, ...pipeline.queues[stage][lane] }))
    this.function = new NodeFunction(this, 'Reprocess', {
      folder: 'reprocess',
      network: storage.network,
      settings: functionSettings.reprocess,
      reservedConcurrency: reprocessConcurrency + 1,
      environment: {
        TABLE_NAME: table.tableName,
        BUCKET_NAME: bucket.bucketName,
        OWN_QUEUE_URLS: queue.queueUrl,
        REPROCESS_QUEUE_URL: queue.queueUrl,
        ...Object.fromEntries(
          stageQueues.map((fed) => [`${fed.stage.toUpperCase()}_REPROCESSING_QUEUE_URL`, fed.queue.queueUrl]),
        ),
      },
      grants: [
        { actions: [...recordActions, 'dynamodb:BatchGetItem'], resources: [table.tableArn] },
        {
          actions: ['dynamodb:Query'],
          resources: [caseListIndex, dueIndex].map((index) => `${table.tableArn}/index/${index}`),
        },
        storage.objects(resultsPrefix, 's3:GetObject'),
        // To ask whether a dump is still there; without ListBucket S3 answers "forbidden" where there is none.
        storage.objects(dumpsPrefix, 's3:GetObject'),
        storage.objects(unpackedPrefix, 's3:GetObject'),
        { actions: ['s3:ListBucket'], resources: [bucket.bucketArn] },
        { actions: ['sqs:SendMessage'], resources: [queue.queueArn, ...stageQueues.map((fed) => fed.queue.queueArn)] },
      ],
    })
    this.function.fn.addEventSource(
      new SqsEventSource(queue, {
        batchSize: reprocessQueue.batchSize,
        maxConcurrency: reprocessConcurrency,
        reportBatchItemFailures: true,
      }),
    )
    new Rule(this, 'Schedule', {
      description: 'Takes up batches of old cases whose message got lost.',
      schedule: Schedule.rate(Duration.minutes(reprocessEveryMinutes)),
      targets: [new LambdaTarget(this.function.fn, { retryAttempts: 0 })],
    })
  }
}
