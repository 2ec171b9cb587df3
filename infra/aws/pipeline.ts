import { Duration, Stack } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption, type QueuePolicy } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { type Grant, NodeFunction } from './node-function.ts'
import {
  functionSettings,
  maxReceiveCount,
  type QueueFedFunction,
  queueFedFunctions,
  queueSettings,
} from './stage-settings.ts'
import { dumpsPrefix, resultsPrefix, type Storage } from './storage.ts'

type StageQueue = { readonly queue: Queue; readonly deadLetters: Queue }

/** Whom each function may send a message: every stage that can follow it, for a stage may be skipped. */
const successors: Record<QueueFedFunction, QueueFedFunction[]> = {
  ingest: ['header'],
  header: ['pool', 'imports', 'verdict'],
  pool: ['imports', 'verdict'],
  imports: ['verdict'],
  verdict: [],
}

/** S3 → ingest → header → pool → imports → verdict, each fed by its own queue with its own dead-letter queue. */
export class Pipeline extends Construct {
  readonly queues: Record<QueueFedFunction, StageQueue>
  readonly functions: Record<QueueFedFunction, NodeFunction>

  constructor(scope: Construct, id: string, storage: Storage) {
    super(scope, id)
    const each = <T>(make: (name: QueueFedFunction) => T) =>
      Object.fromEntries(queueFedFunctions.map((name) => [name, make(name)])) as Record<QueueFedFunction, T>

    this.queues = each((name) => this.stageQueue(name))
    this.functions = each((name) => this.stageFunction(name, storage))
    storage.notify(this.queues.ingest.queue.queueArn, this.allowUploadEvents(storage))
  }

  private stageQueue(name: QueueFedFunction): StageQueue {
    const deadLetters = new Queue(this, `${capital(name)}DeadLetters`, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    const queue = new Queue(this, `${capital(name)}Queue`, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(queueSettings[name].visibilitySeconds),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount },
    })
    return { queue, deadLetters }
  }

  private stageFunction(name: QueueFedFunction, storage: Storage): NodeFunction {
    const next = successors[name]
    const stage = new NodeFunction(this, capital(name), {
      folder: name,
      settings: functionSettings[name],
      environment: {
        TABLE_NAME: storage.table.tableName,
        BUCKET_NAME: storage.bucket.bucketName,
        QUEUE_URL: this.queues[name].queue.queueUrl,
        MAX_RECEIVE_COUNT: String(maxReceiveCount),
        ...Object.fromEntries(
          next.map((stage) => [`${stage.toUpperCase()}_QUEUE_URL`, this.queues[stage].queue.queueUrl]),
        ),
      },
      grants: [
        ...storageGrants(name, storage),
        ...(next.length === 0
          ? []
          : [{ actions: ['sqs:SendMessage'], resources: next.map((stage) => this.queues[stage].queue.queueArn) }]),
      ],
    })
    // Also lets the function receive, delete and delay messages of this one queue.
    stage.fn.addEventSource(
      new SqsEventSource(this.queues[name].queue, {
        batchSize: queueSettings[name].batchSize,
        reportBatchItemFailures: true,
      }),
    )
    return stage
  }

  /** The bucket's name is not known before the bucket is, so the account stands in for its ARN. */
  private allowUploadEvents(storage: Storage): QueuePolicy {
    const { queue } = this.queues.ingest
    queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(storage).account } },
      }),
    )
    return queue.node.findChild('Policy') as QueuePolicy
  }
}

const storageGrants = (name: QueueFedFunction, storage: Storage): Grant[] => {
  const records = {
    actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    resources: [storage.table.tableArn],
  }
  const dump = storage.objects(dumpsPrefix, 's3:GetObjectVersion')
  const results = storage.objects(resultsPrefix, 's3:GetObject', 's3:PutObject')
  switch (name) {
    case 'ingest':
      return [records]
    case 'header':
    case 'pool':
    case 'imports':
      return [records, dump, results]
    case 'verdict':
      return [records, results]
  }
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
