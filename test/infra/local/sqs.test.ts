import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnLoopback } from '../../../infra/local/endpoints/loopback.ts'
import { openQueues, type QueueSettings } from '../../../infra/local/sqs/queues.ts'
import { sqsServer } from '../../../infra/local/sqs/server.ts'

const settings = (name: string, more: Partial<QueueSettings> = {}): QueueSettings => ({
  name,
  arn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
  visibilityTimeout: 30,
  delay: 0,
  retention: 345_600,
  waitTime: 0,
  largestMessage: 1000,
  redrive: null,
  ...more,
})
const jobs = settings('jobs', { redrive: { to: 'dead', maxReceives: 2 } })
const queueList = [jobs, settings('dead'), settings('other')]

/** The endpoint over a clock that stands still until it is moved, and a client of it. */
const start = async (db = new DatabaseSync(':memory:')) => {
  let now = Date.now()
  const loopback = await listenOnLoopback(0)
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  loopback.serve(
    sqsServer(
      openQueues(db, queueList, () => now),
      loopback.origin,
      credentials,
    ),
  )
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: loopback.origin, credentials, maxAttempts: 1 })
  const stop = async () => {
    sqs.destroy()
    await loopback.close()
  }
  onTestFinished(stop)
  const url = (name: string) => `${loopback.origin}/000000000000/${name}`
  const QueueUrl = url('jobs')
  const receive = async (input: object = {}) => {
    const command = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const], ...input }
    return (await sqs.send(new ReceiveMessageCommand(command))).Messages ?? []
  }
  return {
    sqs,
    url,
    QueueUrl,
    origin: loopback.origin,
    stop,
    send: (MessageBody: string, more: object = {}) =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more })),
    receive,
    bodies: async (input: object = {}) => (await receive(input)).map(({ Body }) => Body),
    pass: (seconds: number) => {
      now += seconds * 1000
    },
  }
}

test('a batch reports each entry by itself', async () => {
  const { sqs, QueueUrl, receive, bodies, pass } = await start()
  const Entries = [
    { Id: 'a', MessageBody: 'a' },
    { Id: 'b', MessageBody: 'b'.repeat(1001) },
    { Id: 'c', MessageBody: 'c', DelaySeconds: 5 },
  ]
  const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['a', 'c'])
  expect(sent.Failed).toMatchObject([{ Id: 'b', Code: 'InvalidParameterValue', SenderFault: true }])
  pass(5)
  const messages = await receive()
  expect(messages.map(({ Body }) => Body)).toEqual(['a', 'c'])
  const deletion = [
    { Id: 'x', ReceiptHandle: messages[0].ReceiptHandle! },
    { Id: 'y', ReceiptHandle: 'no handle' },
  ]
  const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: deletion }))
  expect(deleted.Successful).toEqual([{ Id: 'x' }])
  expect(deleted.Failed).toMatchObject([{ Id: 'y', Code: 'ReceiptHandleIsInvalid' }])
  pass(30)
  expect(await bodies()).toEqual(['c'])
  const twice = sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [Entries[0], Entries[0]] }))
  await expect(twice).rejects.toMatchObject({ name: 'BatchEntryIdsNotDistinct' })
})

test('attributes travel with the message, and the SDK finds their digest right', async () => {
  const { send, receive } = await start()
  const MessageAttributes = {
    kind: { DataType: 'String', StringValue: 'größe' },
    count: { DataType: 'Number', StringValue: '3' },
    raw: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
  }
  const sent = await send('a', { MessageAttributes })
  // The algorithm of the developer guide, worked by hand for this message.
  const sized = (text: string | Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(Buffer.from(text).length)
    return Buffer.concat([length, Buffer.from(text)])
  }
  const bytes = Buffer.concat([
    ...[sized('count'), sized('Number'), Buffer.from([1]), sized('3')],
    ...[sized('kind'), sized('String'), Buffer.from([1]), sized('größe')],
    ...[sized('raw'), sized('Binary'), Buffer.from([2]), sized(Buffer.from([0, 255]))],
  ])
  expect(sent.MD5OfMessageAttributes).toBe(createHash('md5').update(bytes).digest('hex'))
  const [message] = await receive({ MessageAttributeNames: ['All'] })
  expect(message.MessageAttributes).toEqual(MessageAttributes)
  expect(message.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes)
})

test('queues are found, counted and emptied', async () => {
  const { sqs, url, QueueUrl, send, receive, bodies } = await start()
  expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))).QueueUrl).toBe(QueueUrl)
  expect((await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'd' }))).QueueUrls).toEqual([url('dead')])
  await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
  })
  for (const body of ['a', 'b', 'c']) await send(body)
  await send('d', { DelaySeconds: 60 })
  await receive({ MaxNumberOfMessages: 1 })
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  expect(Attributes).toMatchObject({
    ApproximateNumberOfMessages: '2',
    ApproximateNumberOfMessagesNotVisible: '1',
    ApproximateNumberOfMessagesDelayed: '1',
    QueueArn: jobs.arn,
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueList[1].arn, maxReceiveCount: 2 }),
  })
  await sqs.send(new PurgeQueueCommand({ QueueUrl }))
  expect(await bodies()).toEqual([])
})

test('messages outlive the process, and what was in flight comes back at once', async () => {
  const db = new DatabaseSync(':memory:')
  const before = await start(db)
  await before.send('delayed', { DelaySeconds: 60 })
  await before.send('in flight')
  expect(await before.bodies()).toEqual(['in flight'])
  await before.stop()
  const after = await start(db)
  expect(await after.bodies()).toEqual(['in flight'])
  after.pass(61)
  expect(await after.bodies()).toContain('delayed')
})

test('a request without the right signature is refused', async () => {
  const { origin, QueueUrl } = await start()
  const wrong = { accessKeyId: 'key', secretAccessKey: 'wrong' }
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: origin, credentials: wrong, maxAttempts: 1 })
  const send = sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
  await expect(send).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
})
