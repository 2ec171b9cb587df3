import { Duration, Stack } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption, type QueuePolicy } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { lanes } from '../../shared/cases/lane.ts'
import { essentialStages } from '../../shared/cases/stage.ts'
import type { Announcements } from './announcements.ts'
import type { FedQueue } from './fed-queue.ts'
import { type Grant, NodeFunction } from './node-function.ts'
import {
  concurrencyOf,
  functionSettings,
  maxReceiveCount,
  type QueueFedFunction,
  queueFedFunctions,
  queueSettings,
  retentionDays,
  sweepConcurrency,
  sweepEveryMinutes,
} from './stage-settings.ts'
import { dueIndex, dumpsPrefix, recordActions, resultsPrefix, type Storage, unpackedPrefix } from './storage.ts'

/** Who is sent messages by a function of ours. */
type Receiver = Exclude<QueueFedFunction, 'ingest'>
const receivers = queueFedFunctions.filter((name) => name !== 'ingest')

/** Whom each function may send a message: every stage that can follow it, for a stage may be skipped. */
const successors: Record<QueueFedFunction, readonly Receiver[]> = {
  ingest: ['unpack', 'header'],
  // What does not fit into one call goes on in another.
  unpack: ['unpack', 'header'],
  header: ['pool', 'imports', 'verdict'],
  // Its shards; and itself once more, should they be settled before it has told them all.
  pool: ['pool', 'scan', 'imports', 'verdict'],
  scan: ['pool'],
  imports: ['verdict'],
  // The first stage of the analysis that refines this one by a scan.
  verdict: ['header'],
}

/**
 * S3 → ingest → (unpack →) header → pool → imports → verdict, each stage fed by a queue for each lane, all with one dead-letter
 * queue; beside the pool stage the scan, for its shards, and beside them all the sweep, on a schedule.
 */
export class Pipeline extends Construct {
  /** The queues that feed each function: one for each lane, and one alone for ingest. */
  readonly queues: Record<QueueFedFunction, readonly FedQueue[]>
  readonly functions: Record<QueueFedFunction, NodeFunction>
  readonly sweep: NodeFunction

  constructor(scope: Construct, id: string, storage: Storage, announcements: Announcements) {
    super(scope, id)
    const each = <T>(make: (name: QueueFedFunction) => T) =>
      Object.fromEntries(queueFedFunctions.map((name) => [name, make(name)])) as Record<QueueFedFunction, T>

    this.queues = each((name) => this.fedQueues(name))
    this.functions = each((name) => this.queueFedFunction(name, storage, announcements))
    this.sweep = this.sweepFunction(storage, announcements)
    storage.notify(this.queues.ingest[0].queue.queueArn, this.allowUploadEvents(storage))
  }

  private fedQueues(name: QueueFedFunction): FedQueue[] {
    const deadLetters = new Queue(this, `${capital(name)}DeadLetters`, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(retentionDays.deadLetters),
    })
    const names = name === 'ingest' ? ['Ingest'] : lanes.map((lane) => `${capital(name)}${capital(lane)}`)
    return names.map((queueName) => ({
      name: queueName,
      deadLetters,
      queue: new Queue(this, `${queueName}Queue`, {
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        visibilityTimeout: Duration.seconds(queueSettings[name].visibilitySeconds),
        retentionPeriod: Duration.days(retentionDays.queue),
        deadLetterQueue: { queue: deadLetters, maxReceiveCount },
      }),
    }))
  }

  private queueFedFunction(name: QueueFedFunction, storage: Storage, { teller }: Announcements): NodeFunction {
    const own = this.queues[name].map(({ queue }) => queue)
    const concurrency = concurrencyOf(name)
    const tells = essentialStages.some((stage) => stage === name)
    const made = new NodeFunction(this, capital(name), {
      folder: name,
      network: storage.network,
      settings: functionSettings[name],
      // All lanes together: a lane is never throttled, and no message is received in vain.
      reservedConcurrency: concurrency.reduce((sum, most) => sum + most),
      environment: {
        TABLE_NAME: storage.table.tableName,
        BUCKET_NAME: storage.bucket.bucketName,
        OWN_QUEUE_URLS: own.map((queue) => queue.queueUrl).join(' '),
        MAX_RECEIVE_COUNT: String(maxReceiveCount),
        ...this.queueUrls(successors[name]),
        ...(tells && teller.environment),
      },
      grants: [
        ...storageGrants(name, storage),
        ...this.mayUse(['sqs:SendMessage'], successors[name]),
        ...(tells ? teller.grants : []),
      ],
    })
    // Also lets the function receive, delete and delay messages of its own queues.
    for (const [index, queue] of own.entries())
      made.fn.addEventSource(
        new SqsEventSource(queue, {
          batchSize: queueSettings[name].batchSize,
          maxConcurrency: concurrency[index],
          reportBatchItemFailures: true,
        }),
      )
    return made
  }

  private sweepFunction(storage: Storage, { teller }: Announcements): NodeFunction {
    const { table, bucket } = storage
    const sweep = new NodeFunction(this, 'Sweep', {
      folder: 'sweep',
      network: storage.network,
      settings: functionSettings.sweep,
      reservedConcurrency: sweepConcurrency,
      environment: {
        TABLE_NAME: table.tableName,
        BUCKET_NAME: bucket.bucketName,
        ...this.queueUrls(receivers),
        ...teller.environment,
      },
      grants: [
        { actions: recordActions, resources: [table.tableArn] },
        { actions: ['dynamodb:Query'], resources: [`${table.tableArn}/index/${dueIndex}`] },
        // To ask whether an upload has become an object, and of what kind, and to give one up; without ListBucket S3
        // answers "forbidden" where there is none.
        storage.objects(dumpsPrefix, 's3:GetObject', 's3:GetObjectVersion', 's3:AbortMultipartUpload'),
        { actions: ['s3:ListBucket'], resources: [bucket.bucketArn] },
        ...this.mayUse(['sqs:GetQueueAttributes', 'sqs:SendMessage'], receivers),
        ...teller.grants,
      ],
    })
    new Rule(this, 'SweepSchedule', {
      description: 'Looks for cases that are stuck, and brings them on.',
      schedule: Schedule.rate(Duration.minutes(sweepEveryMinutes)),
      // What one run does not do the next one does.
      targets: [new LambdaTarget(sweep.fn, { retryAttempts: 0 })],
    })
    return sweep
  }

  /** All queues with their names by owner, as functions/aws/queue-watch.ts reads them. */
  queueNames(): string {
    const named = queueFedFunctions.map(
      (name) => [name, this.queues[name].map(({ queue }) => queue.queueName)] as const,
    )
    return named.map(([name, names]) => `${name}=${names.join(',')}`).join(' ')
  }

  /** `HEADER_INTERACTIVE_QUEUE_URL` and so on. */
  queueUrls(names: readonly Receiver[]): Record<string, string> {
    const urls = names.flatMap((stage) =>
      lanes.map((lane, index) => [
        `${stage.toUpperCase()}_${lane.toUpperCase()}_QUEUE_URL`,
        this.queues[stage][index].queue.queueUrl,
      ]),
    )
    return Object.fromEntries(urls)
  }

  mayUse(actions: string[], names: readonly Receiver[]): Grant[] {
    const resources = names.flatMap((stage) => this.queues[stage].map(({ queue }) => queue.queueArn))
    return resources.length === 0 ? [] : [{ actions, resources }]
  }

  /** The bucket's name is not known before the bucket is, so the account stands in for its ARN. */
  private allowUploadEvents(storage: Storage): QueuePolicy {
    const [{ queue }] = this.queues.ingest
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
    actions: recordActions,
    resources: [storage.table.tableArn],
  }
  const upload = storage.objects(dumpsPrefix, 's3:GetObjectVersion')
  const unpacked = storage.objects(unpackedPrefix, 's3:GetObjectVersion')
  const results = storage.objects(resultsPrefix, 's3:GetObject', 's3:PutObject')
  switch (name) {
    case 'ingest':
      // For the checksum S3 verified and for the first bytes, which say whether it is an archive; without ListBucket it
      // answers "forbidden" where an object is gone.
      return [
        records,
        storage.objects(dumpsPrefix, 's3:GetObject', 's3:GetObjectVersion'),
        { actions: ['s3:ListBucket'], resources: [storage.bucket.bucketArn] },
      ]
    case 'unpack':
      return [
        records,
        upload,
        storage.objects(
          unpackedPrefix,
          's3:PutObject',
          's3:AbortMultipartUpload',
          's3:ListMultipartUploadParts',
          's3:GetObject',
        ),
        // Without it S3 answers "forbidden" instead of "not found" when nothing has been unpacked yet.
        { actions: ['s3:ListBucket'], resources: [storage.bucket.bucketArn] },
        storage.objects(resultsPrefix, 's3:PutObject'),
      ]
    case 'header':
    case 'pool':
    case 'scan':
    case 'imports':
      return [records, upload, unpacked, results]
    case 'verdict':
      return [records, results]
  }
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
