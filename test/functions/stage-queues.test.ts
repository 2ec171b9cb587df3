import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { makeSqsClient } from '../../functions/aws/clients.ts'
import { watchedQueueUrl } from '../../functions/aws/queue-watch.ts'
import { sqsBacklog, sqsRetryIn, sqsSendStage } from '../../functions/aws/stage-queues.ts'
import { StageMessage } from '../../shared/messages/stage-message.ts'
import { startStack } from '../infra/local/support/stack.ts'
import { stageMessage } from './fakes.ts'

const prepare = async () => {
  const { origins, credentials } = await startStack({
    PoolInteractive: { Type: 'AWS::SQS::Queue' },
    PoolNormal: { Type: 'AWS::SQS::Queue' },
  })
  const url = (name: string) => `${origins.sqs}/000000000000/${name}`
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', origins.sqs)
  vi.stubEnv('POOL_INTERACTIVE_QUEUE_URL', url('PoolInteractive'))
  vi.stubEnv('POOL_NORMAL_QUEUE_URL', url('PoolNormal'))
  vi.stubEnv('OWN_QUEUE_URLS', `${url('PoolInteractive')} ${url('PoolNormal')}`)
  const sqs = makeSqsClient()
  onTestFinished(() => sqs.destroy())
  const receive = async (name: string) =>
    (await sqs.send(new ReceiveMessageCommand({ QueueUrl: url(name) }))).Messages ?? []
  return { sqs, receive }
}
afterEach(() => vi.unstubAllEnvs())

test('a message goes through the queue of its lane, is counted there, and comes back there when asked', async () => {
  const { sqs, receive } = await prepare()
  const message = { ...stageMessage('pool'), lane: 'normal' as const }
  await sqsSendStage(sqs)(message)
  const backlog = sqsBacklog(sqs)
  expect([await backlog('pool', 'normal'), await backlog('pool', 'interactive')]).toEqual([1, 0])
  const [received] = await receive('PoolNormal')
  expect(StageMessage.parse(JSON.parse(received.Body!))).toEqual(message)
  expect(await receive('PoolNormal')).toEqual([])
  const eventSourceARN = 'arn:aws:sqs:us-east-1:000000000000:PoolNormal'
  await sqsRetryIn(sqs)({ eventSourceARN, receiptHandle: received.ReceiptHandle! }, 0)
  expect((await receive('PoolNormal')).map(({ MessageId }) => MessageId)).toEqual([received.MessageId])
})

test('a function that is told the names of all queues sends by these', async () => {
  const { sqs, receive } = await prepare()
  vi.stubEnv('REPROCESS_QUEUE_URL', process.env.POOL_NORMAL_QUEUE_URL!.replace('PoolNormal', 'Batches'))
  vi.stubEnv('POOL_NORMAL_QUEUE_URL', '')
  vi.stubEnv('WATCHED_QUEUES', 'ingest=Ingest pool=PoolInteractive,PoolNormal,PoolReprocessing reprocess=Batches')
  const message = { ...stageMessage('pool'), lane: 'normal' as const }
  await sqsSendStage(sqs, watchedQueueUrl)(message)
  expect((await receive('PoolNormal')).map(({ Body }) => JSON.parse(Body!))).toEqual([message])
  expect(() => watchedQueueUrl('pool')).toThrow('names no queue of pool.')
  expect(() => watchedQueueUrl('header', 'normal')).toThrow('names no queue of header for the lane normal.')
})

test('a message of another function’s queue is not delayed', async () => {
  const { sqs } = await prepare()
  const received = { eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:HeaderNormal', receiptHandle: 'x' }
  await expect(sqsRetryIn(sqs)(received, 1)).rejects.toThrow('HeaderNormal is not a queue of this function.')
})

test('a message from before there were lanes is a normal one', () => {
  const { lane: _lane, traceId: _traceId, ...old } = stageMessage('pool')
  expect(StageMessage.parse(old)).toMatchObject({ lane: 'normal', traceId: null })
})
