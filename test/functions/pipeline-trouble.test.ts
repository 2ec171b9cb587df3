import { gzipSync } from 'node:zlib'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { SQSRecord } from 'aws-lambda'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { makeDynamoClient, makeS3Client, makeSqsClient } from '../../functions/aws/clients.ts'
import { s3Documents } from '../../functions/aws/documents.ts'
import { s3Dumps, s3Uploads } from '../../functions/aws/dumps.ts'
import { dynamoTable } from '../../functions/aws/dynamo-table.ts'
import { s3MultipartUploads } from '../../functions/aws/multipart-uploads.ts'
import { newId } from '../../functions/aws/new-id.ts'
import { s3PutPart } from '../../functions/aws/put-part.ts'
import { stageHandler } from '../../functions/aws/stage-handler.ts'
import { sqsRetryIn, sqsSendShard, sqsSendStage } from '../../functions/aws/stage-queues.ts'
import { ingestHandler } from '../../functions/ingest/ingest-handler.ts'
import { shardHandler } from '../../functions/scan/shard-handler.ts'
import { maxReceiveCount, type QueueFedFunction } from '../../infra/aws/stage-settings.ts'
import { type DumpId, dumpKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import { stages } from '../../shared/cases/stage.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { someDump } from '../archive/some-dump.ts'
import { caseRecord, ids, uploadingDump } from '../cases/records.ts'
import { tableShape } from '../conformance/dynamodb/table-shape.ts'
import { createRandom } from '../forge/random.ts'
import { bucketResource } from '../infra/local/support/s3.ts'
import { startStack } from '../infra/local/support/stack.ts'
import { lambdaContext, queueTools, sqsEvent } from './fakes.ts'
import { type Trouble, withTrouble } from './faulty-requests.ts'
import { dividedJobs } from './jobs.ts'

const id = { tenant: 'default', ...ids }
const dump = Buffer.from(someDump(20_000))

/** A person's lane, and that of the further analysis that refines the first. */
const lanes = ['interactive', 'normal'] as const
const owners = [...stages, 'scan'] as const
const nameOf = (owner: string, lane: string) => `${owner}-${lane}`
const queues = Object.fromEntries(
  owners.flatMap((owner) =>
    lanes.map((lane) => [
      `${owner}${lane}`,
      { Type: 'AWS::SQS::Queue', Properties: { QueueName: nameOf(owner, lane), VisibilityTimeout: 30 } },
    ]),
  ),
)
const { BillingMode: _, ...table } = tableShape
const resources = {
  ...queues,
  ingest: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'ingest', VisibilityTimeout: 30 } },
  Bucket: bucketResource({
    NotificationConfiguration: {
      QueueConfigurations: [
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'dumps/' }] } },
          Queue: { 'Fn::GetAtt': ['ingest', 'Arn'] },
        },
      ],
    },
  }),
  Cases: { Type: 'AWS::DynamoDB::Table', Properties: table },
}
afterEach(() => vi.unstubAllEnvs())

/**
 * An archive's way from its upload to the verdict that a scan in shards has refined, over the local endpoints by the
 * functions' own clients, each request of which meets with trouble by `next`.
 */
const wayThrough = async (next: (kinds: readonly Trouble[]) => Trouble) => {
  const { origins, credentials } = await startStack(resources)
  const url = (name: string) => `${origins.sqs}/000000000000/${name}`
  const names = ['ingest', ...owners.flatMap((owner) => lanes.map((lane) => nameOf(owner, lane)))]
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_S3: origins.s3,
    AWS_ENDPOINT_URL_DYNAMODB: origins.dynamodb,
    AWS_ENDPOINT_URL_SQS: origins.sqs,
    OWN_QUEUE_URLS: names.map(url).join(' '),
    ...Object.fromEntries(
      owners.flatMap((owner) =>
        lanes.map((lane) => [`${owner}_${lane}_queue_url`.toUpperCase(), url(nameOf(owner, lane))]),
      ),
    ),
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const makeClients = () => {
    const clients = { s3: makeS3Client(), dynamo: makeDynamoClient(), sqs: makeSqsClient() }
    onTestFinished(() => {
      for (const client of Object.values(clients)) client.destroy()
    })
    return clients
  }
  const [calm, { s3, dynamo, sqs }] = [makeClients(), makeClients()]
  const requests = [
    withTrouble(s3, 'xml', () => next(['throttle', 'fail', 'lose', 'break-off', 'slow'])),
    withTrouble(dynamo, 'json', () => next(['throttle', 'fail', 'lose', 'slow'])),
    withTrouble(sqs, 'json', () => next(['throttle', 'fail', 'lose', 'slow'])),
  ]

  const troubled = dynamoTable(dynamo, 'Cases')
  const openUpload = s3Uploads(s3, 'dumps')
  const multipart = s3MultipartUploads(s3, 'dumps')
  const ports = {
    table: troubled,
    store: (tenant: string) => caseStore(troubled, tenant),
    documents: s3Documents(s3, 'dumps'),
    now: () => new Date(),
    send: sqsSendStage(sqs),
    sendShard: sqsSendShard(sqs),
    tellEnd: async () => undefined,
    newId,
    engineVersion: '0.1.0',
    clock: () => 0,
    peakMemory: () => 1,
    head: multipart.head,
    peek: (of: DumpId, record: DumpRecord) => openUpload(of, record).read(0, 16),
    open: s3Dumps(s3, 'dumps').open,
    openUpload,
    storage: { ...multipart, putPart: s3PutPart(s3, 'dumps') },
  }
  const tools = { ...queueTools(), retryIn: sqsRetryIn(sqs) }
  const jobs = dividedJobs(3)
  const handlerOf = (owner: QueueFedFunction) => {
    if (owner === 'ingest') return ingestHandler(ports, tools)
    if (owner === 'scan') return shardHandler((shard) => jobs.scan(ports, shard), ports, tools, maxReceiveCount)
    return stageHandler(jobs[owner](ports), ports, tools, maxReceiveCount)
  }

  const store = caseStore(dynamoTable(calm.dynamo, 'Cases'), 'default')
  await store.cases.insert(ids, caseRecord)
  const upload = gzipSync(dump)
  await store.dumps.insert(ids, { ...uploadingDump, bytes: upload.length })
  await calm.s3.send(new PutObjectCommand({ Bucket: 'dumps', Key: dumpKey(id), Body: upload }))

  /** One message of a queue, as Lambda handles it; false when there is none. */
  const handleOne = async (name: string): Promise<boolean> => {
    const QueueUrl = url(name)
    const asked = {
      QueueUrl,
      MessageSystemAttributeNames: ['All' as const],
      WaitTimeSeconds: name === 'ingest' ? 1 : 0,
    }
    const [message] = (await calm.sqs.send(new ReceiveMessageCommand(asked))).Messages ?? []
    if (message === undefined) return false
    const record = {
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes,
      eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${name}`,
    } as unknown as SQSRecord
    const owner = name.split('-')[0] as QueueFedFunction
    const { batchItemFailures } = await handlerOf(owner)(sqsEvent(record), lambdaContext(60_000))
    if (batchItemFailures.length === 0)
      await calm.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }))
    return true
  }
  const isRefined = async (): Promise<boolean> => {
    const analyses = (await store.detail(ids.caseId))?.dumps[0].analyses ?? []
    return analyses.length === 2 && analyses.every(({ analysis }) => analysis.status === 'done')
  }
  let deliveries = 0
  while (!(await isRefined()) && deliveries < 200) for (const name of names) if (await handleOne(name)) deliveries++

  const { case: shown, dumps } = (await store.detail(ids.caseId))!
  return {
    requests: requests.reduce((sum, { at }) => sum + at.length, 0),
    deliveries,
    outcome: {
      case: [shown.status, shown.verdict, shown.headline],
      analyses: dumps[0].analyses.map(({ analysis, stages, shards }) => [
        analysis.status,
        analysis.lane,
        shards,
        ...stages.map(({ stage, status }) => `${stage} ${status}`),
      ]),
      showsTheRefined: dumps[0].dump.currentAnalysisId === dumps[0].analyses[1]?.analysis.analysisId,
    },
    unpacked: await s3Dumps(calm.s3, 'dumps').open(id, dumps[0].dump).read(0, dump.length),
  }
}

test('an archive comes to its refined verdict, however often S3, DynamoDB and SQS throttle, fail, are slow or lose answers', async () => {
  const clean = await wayThrough(() => 'none')
  expect(clean.outcome).toMatchObject({
    case: ['done', expect.anything(), expect.anything()],
    analyses: [
      ['done', 'interactive', undefined, 'unpack done', 'header done', 'pool done', 'imports done', 'verdict done'],
      ['done', 'normal', { of: 3, done: 3, failed: 0 }, 'header done', 'pool done', 'imports done', 'verdict done'],
    ],
    showsTheRefined: true,
  })
  const random = createRandom('pipeline trouble')
  const troubled = await wayThrough((kinds) => (random.chance(0.15) ? random.pick(kinds) : 'none'))
  expect(troubled.outcome).toEqual(clean.outcome)
  for (const { unpacked } of [clean, troubled]) expect(Buffer.compare(unpacked, dump)).toBe(0)
  // Each request that fared badly was sent again, and no message or request over and over.
  expect(troubled.requests).toBeGreaterThan(clean.requests)
  expect(troubled.requests).toBeLessThan(2 * clean.requests)
  expect(troubled.deliveries).toBeLessThan(2 * clean.deliveries)
})
