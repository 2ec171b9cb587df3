import { PutObjectCommand } from '@aws-sdk/client-s3'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { awsRetries } from '../../functions/aws/aws-retries.ts'
import { makeDynamoClient, makeS3Client, makeSqsClient } from '../../functions/aws/clients.ts'
import { s3Documents } from '../../functions/aws/documents.ts'
import { dynamoTable } from '../../functions/aws/dynamo-table.ts'
import { s3Source } from '../../functions/aws/s3-source.ts'
import { sqsSendStage } from '../../functions/aws/stage-queues.ts'
import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { caseRecord, ids, start, uploadedDump } from '../cases/records.ts'
import { tableShape } from '../conformance/dynamodb/table-shape.ts'
import { createRandom } from '../forge/random.ts'
import { bucketResource } from '../infra/local/support/s3.ts'
import { startStack } from '../infra/local/support/stack.ts'
import { stageMessage } from './fakes.ts'
import { type Trouble, withTrouble } from './faulty-requests.ts'

const resources = {
  Bucket: bucketResource(),
  HeaderInteractive: { Type: 'AWS::SQS::Queue' },
  Cases: { Type: 'AWS::DynamoDB::Table', Properties: tableShape },
}

/** The functions' own clients, talking to the local endpoints. */
const prepare = async () => {
  const { origins, credentials } = await startStack(resources)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
  vi.stubEnv('AWS_ENDPOINT_URL_S3', origins.s3)
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', origins.dynamodb)
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', origins.sqs)
  vi.stubEnv('HEADER_INTERACTIVE_QUEUE_URL', `${origins.sqs}/000000000000/HeaderInteractive`)
  const clients = { s3: makeS3Client(), dynamo: makeDynamoClient(), sqs: makeSqsClient() }
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy()
  })
  return clients
}
afterEach(() => vi.unstubAllEnvs())

/** Each request meets with trouble with this chance. */
const often = (seed: string, chance: number, troubles: readonly Trouble[]) => {
  const random = createRandom(seed)
  return (): Trouble => (random.chance(chance) ? random.pick(troubles) : 'none')
}

test('records are written once each, however often DynamoDB throttles, fails, or loses its answer', async () => {
  const { dynamo } = await prepare()
  withTrouble(dynamo, 'json', often('dynamo', 0.3, ['throttle', 'fail', 'lose', 'slow']))
  const before = awsRetries()
  const store = caseStore(dynamoTable(dynamo, 'Cases'), 'default')
  const beginning = { analysisId: ids.analysisId, engineVersion: '0.1.0', at: start }
  await store.cases.insert(ids, caseRecord)
  await store.dumps.insert(ids, uploadedDump)
  // A put whose answer was lost is refused when it is sent again: whoever wrote it finds its own record there.
  await beginAnalysis(store, uploadedDump, beginning)
  await beginAnalysis(store, uploadedDump, { ...beginning, analysisId: 'analysis_other' })
  const detail = (await store.detail(ids.caseId))!
  expect(detail.dumps[0].analyses.map(({ analysis, stages }) => [analysis.analysisId, stages.length])).toEqual([
    [ids.analysisId, 4],
  ])
  expect(awsRetries()).toBeGreaterThan(before)
})

test('a dump is read right, however often S3 slows down, fails, or breaks off', async () => {
  const { s3 } = await prepare()
  const bytes = Buffer.from(Uint8Array.from({ length: 64 * 1024 }, (_, at) => (at * 7) ^ (at >> 8)))
  const put = await s3.send(new PutObjectCommand({ Bucket: 'dumps', Key: 'dump', Body: bytes }))
  withTrouble(s3, 'xml', often('s3', 0.3, ['throttle', 'fail', 'lose', 'break-off', 'slow']))
  const etag = put.ETag!.replaceAll('"', '')
  const source = s3Source(s3, { bucket: 'dumps', key: 'dump', bytes: bytes.length, etag, versionId: null })
  const pieces = await Promise.all(Array.from({ length: 16 }, (_, piece) => source.read(piece * 4096, 4096)))
  expect(Buffer.concat(pieces)).toEqual(bytes)
  const documents = s3Documents(s3, 'dumps')
  await documents.write('results/x.json', '{"a":1}')
  expect(await s3Documents(makeS3Client(), 'dumps').read('results/x.json')).toBe('{"a":1}')
})

test('a message is sent, however often SQS throttles or loses its answer', async () => {
  const { sqs } = await prepare()
  const message = stageMessage('header')
  const before = awsRetries()
  withTrouble(sqs, 'json', often('sqs', 0.4, ['throttle', 'fail', 'lose']))
  for (let count = 0; count < 10; count++) await sqsSendStage(sqs)(message)
  expect(awsRetries()).toBeGreaterThan(before)
  const receive = new ReceiveMessageCommand({
    QueueUrl: process.env.HEADER_INTERACTIVE_QUEUE_URL,
    MaxNumberOfMessages: 10,
  })
  const { Messages = [] } = await makeSqsClient().send(receive)
  // One whose answer was lost is there twice.
  expect(Messages.map(({ Body = '' }) => JSON.parse(Body))).toEqual(Array.from({ length: 10 }, () => message))
})

describe('a service that stays away', () => {
  test.each(['throttle', 'fail', 'lose'] as const)(
    '(%s) is given up after a few tries, each later than the last',
    async (trouble) => {
      const { dynamo } = await prepare()
      const requests = withTrouble(dynamo, 'json', () => trouble)
      await expect(dynamoTable(dynamo, 'Cases').get({ pk: 'a', sk: 'b' })).rejects.toThrow()
      expect(requests.at).toHaveLength(5)
      // No busy loop: there are pauses between them.
      expect(requests.at[4] - requests.at[0]).toBeGreaterThan(5)
    },
  )
})
