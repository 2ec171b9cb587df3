import {
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { expect, vi } from 'vitest'
import { sqsTellBatch } from '../../../functions/aws/batch-queue.ts'
import { sqsQueueWatch } from '../../../functions/aws/queue-watch.ts'
import { redrive } from '../../../functions/aws/redrive.ts'
import { sqsBacklog, sqsRetryIn, sqsSendStage } from '../../../functions/aws/stage-queues.ts'
import { QueueOwner } from '../../../shared/cases/operations/queue-owner.ts'
import { stageMessage } from '../../functions/fakes.ts'
import type { Behaviour } from '../place.ts'
import { maxReceives, type QueueMaker, type Queues, visibilitySeconds } from './places.ts'

/** What Lambda does for a function: a receive with the attributes it hands on. */
const receive = async ({ client, jobs, waitSeconds }: Queues, more: object = {}): Promise<Message[]> => {
  const asked = {
    QueueUrl: jobs,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['All' as const],
    WaitTimeSeconds: waitSeconds,
  }
  return (await client.send(new ReceiveMessageCommand({ ...asked, ...more }))).Messages ?? []
}
const bodies = async (queues: Queues, more: object = {}) => (await receive(queues, more)).map(({ Body }) => Body)

/** Messages of a queue that may come one after another, as SQS's servers hand them out. */
const receiveAll = async (queues: Queues, count: number, more: object = {}): Promise<Message[]> => {
  const all: Message[] = []
  for (let tries = 0; all.length < count && tries < 20; tries++) all.push(...(await receive(queues, more)))
  return all
}

/** What SQS counts is right after a while; at once where nothing lags. */
const soon = { timeout: 50_000, interval: 500 }

const send = ({ client, jobs }: Queues, MessageBody: string) =>
  client.send(new SendMessageCommand({ QueueUrl: jobs, MessageBody }))
const arnOf = (url: string): string => `arn:aws:sqs:us-east-1:000000000000:${url.split('/').at(-1)}`

/** Receives a message as often as it may be; the next receive finds it a dead letter. */
const wearOut = async (queues: Queues): Promise<void> => {
  for (let times = 0; times < maxReceives; times++) {
    expect(await bodies(queues)).toHaveLength(1)
    await queues.pass(visibilitySeconds)
  }
  expect(await bodies(queues)).toEqual([])
}

const behaviour = (name: string, holds: (queues: Queues) => Promise<void>): Behaviour<QueueMaker> => ({
  name,
  holds: async ({ make }) => holds(await make()),
})

export const sqsBehaviours: readonly Behaviour<QueueMaker>[] = [
  behaviour('a stage’s message comes as it was sent, and stays away while somebody works on it', async (queues) => {
    vi.stubEnv('HEADER_INTERACTIVE_QUEUE_URL', queues.jobs)
    const message = { ...stageMessage('header'), traceId: 'größe-1' }
    await sqsSendStage(queues.client)(message)
    const [{ Body = '', Attributes, ReceiptHandle }] = await receiveAll(queues, 1)
    expect(JSON.parse(Body)).toEqual(message)
    expect(Attributes).toMatchObject({ ApproximateReceiveCount: '1' })
    expect(Attributes?.SentTimestamp).toMatch(/^\d{13}$/)
    expect(await bodies(queues)).toEqual([])
    await queues.client.send(new DeleteMessageCommand({ QueueUrl: queues.jobs, ReceiptHandle }))
    await queues.pass(visibilitySeconds)
    expect(await bodies(queues)).toEqual([])
  }),
  behaviour('a message that nobody deletes comes again, counted', async (queues) => {
    await send(queues, 'a')
    const [first] = await receiveAll(queues, 1)
    await queues.pass(visibilitySeconds)
    const [second] = await receiveAll(queues, 1)
    expect(second.MessageId).toBe(first.MessageId)
    expect(second.Attributes).toMatchObject({
      ApproximateReceiveCount: '2',
      SentTimestamp: first.Attributes?.SentTimestamp,
    })
  }),
  behaviour('a failed message can be had back sooner or later than by itself, while it is away', async (queues) => {
    vi.stubEnv('OWN_QUEUE_URLS', `${queues.dead} ${queues.jobs}`)
    const retryIn = ({ ReceiptHandle = '' }: Message, seconds: number) =>
      sqsRetryIn(queues.client)({ eventSourceARN: arnOf(queues.jobs), receiptHandle: ReceiptHandle }, seconds)
    await send(queues, 'a')
    const [first] = await receiveAll(queues, 1)
    await retryIn(first, 1)
    await queues.pass(1)
    const [second] = await receiveAll(queues, 1)
    expect(second.MessageId).toBe(first.MessageId)
    await retryIn(second, visibilitySeconds + 5)
    await queues.pass(visibilitySeconds)
    expect(await bodies(queues)).toEqual([])
    await queues.pass(5)
    await expect(retryIn(second, 1)).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } })
  }),
  behaviour('of many deletions in one request those that can be are done, and each is answered for', async (queues) => {
    for (const body of ['a', 'b']) await send(queues, body)
    const [one, other] = await receiveAll(queues, 2)
    const Entries = [
      { Id: 'good', ReceiptHandle: one.ReceiptHandle },
      { Id: 'bad', ReceiptHandle: 'no handle' },
    ]
    const { client, jobs: QueueUrl } = queues
    const { Successful, Failed } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    expect(Successful).toEqual([{ Id: 'good' }])
    expect(Failed).toMatchObject([{ Id: 'bad', Code: 'ReceiptHandleIsInvalid', SenderFault: true }])
    await queues.pass(visibilitySeconds)
    expect(await bodies(queues)).toEqual([other.Body])
  }),
  behaviour('a message received too often becomes a dead letter', async (queues) => {
    await send(queues, 'poison')
    await wearOut(queues)
    const [dead] = await receiveAll(queues, 1, { QueueUrl: queues.dead })
    expect(dead.Body).toBe('poison')
    expect(dead.Attributes?.DeadLetterQueueSourceArn).toMatch(/Jobs$/)
  }),
  behaviour(
    'dead letters are found and counted, and go back to where they came from to be counted anew',
    async (queues) => {
      const { client, prefix } = queues
      await send(queues, 'poison')
      expect(await redrive(client, { prefix, dryRun: true })).toEqual([])
      await wearOut(queues)
      const found = [{ queue: queues.dead.split('/').at(-1), messages: 1 }]
      await vi.waitFor(async () => expect(await redrive(client, { prefix, dryRun: true })).toEqual(found), soon)
      expect(await redrive(client, { prefix, dryRun: false })).toEqual(found)
      const [back] = await receiveAll(queues, 1)
      expect(back).toMatchObject({ Body: 'poison', Attributes: { ApproximateReceiveCount: '1' } })
      await vi.waitFor(async () => expect(await redrive(client, { prefix, dryRun: true })).toEqual([]), soon)
    },
  ),
  behaviour(
    'an operator sees what waits and what is dead, looks at it without taking it, and sends it again',
    async (queues) => {
      const nameOf = (url: string) => url.split('/').at(-1)
      vi.stubEnv('REPROCESS_QUEUE_URL', queues.jobs)
      vi.stubEnv('WATCHED_QUEUES', QueueOwner.options.map((owner) => `${owner}=${nameOf(queues.jobs)}`).join(' '))
      const watch = sqsQueueWatch(queues.client)
      const pool = async () => (await watch.deadLetters()).find(({ queue }) => queue === 'pool')
      expect(await watch.redrive('pool')).toBe(0)
      await send(queues, 'poison')
      await wearOut(queues)
      await vi.waitFor(async () => expect(await pool()).toMatchObject({ messages: 1 }), soon)
      expect(await pool()).toMatchObject({ move: null })
      for (let looks = 0; looks < 2; looks++) {
        const letters = await vi.waitUntil(async () => {
          const seen = await watch.peek('pool')
          return seen.length > 0 && seen
        }, soon)
        expect(letters.map(({ body }) => body)).toEqual(['poison'])
        await queues.pass(1)
      }
      expect(await watch.redrive('pool')).toBe(1)
      await vi.waitFor(async () => expect(await pool()).toMatchObject({ messages: 0, move: { moved: 1 } }), soon)
      await vi.waitFor(async () => expect((await pool())?.move?.status).toBe('completed'), soon)
      const [waiting] = await watch.waiting()
      expect(waiting).toMatchObject({ queue: 'ingest', lane: null, inFlight: 0 })
      expect((await receiveAll(queues, 1)).map(({ Body }) => Body)).toEqual(['poison'])
      await vi.waitFor(async () => expect((await watch.waiting())[0]).toMatchObject({ waiting: 0, inFlight: 1 }), soon)
    },
  ),
  behaviour('messages of a queue that is nobody’s dead-letter queue are not moved', async ({ client, jobs }) => {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: jobs, AttributeNames: ['QueueArn'] }),
    )
    const moving = client.send(new StartMessageMoveTaskCommand({ SourceArn: Attributes.QueueArn }))
    await expect(moving).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } })
  }),
  behaviour(
    'a batch’s message comes when it was said, and SQS is asked for no longer delay than it has',
    async (queues) => {
      vi.stubEnv('REPROCESS_QUEUE_URL', queues.jobs)
      const tell = sqsTellBatch(queues.client)
      await tell({ tenant: 'default', batchId: 'far' }, 100_000)
      await tell({ tenant: 'default', batchId: 'now' }, -1)
      await tell({ tenant: 'default', batchId: 'soon' }, 4)
      const [now] = await receiveAll(queues, 1)
      expect(now.Body).toContain('now')
      await queues.client.send(new DeleteMessageCommand({ QueueUrl: queues.jobs, ReceiptHandle: now.ReceiptHandle }))
      await queues.pass(4)
      expect((await receiveAll(queues, 1)).map(({ Body }) => Body)).toEqual([expect.stringContaining('soon')])
    },
  ),
  behaviour('what waits is counted, and neither what is worked on nor what is delayed', async (queues) => {
    vi.stubEnv('POOL_NORMAL_QUEUE_URL', queues.jobs)
    vi.stubEnv('REPROCESS_QUEUE_URL', queues.jobs)
    const backlog = () => sqsBacklog(queues.client)('pool', 'normal')
    expect(await backlog()).toBe(0)
    for (const body of ['a', 'b', 'c']) await send(queues, body)
    await sqsTellBatch(queues.client)({ tenant: 'default', batchId: 'far' }, 900)
    expect(await receive(queues, { MaxNumberOfMessages: 1, VisibilityTimeout: 600 })).toHaveLength(1)
    await vi.waitFor(async () => expect(await backlog()).toBe(2), soon)
  }),
  behaviour('a receive that waits ends as soon as there is a message', async (queues) => {
    const waiting = receive(queues, { WaitTimeSeconds: 20 })
    await send(queues, 'a')
    expect((await waiting).map(({ Body }) => Body)).toEqual(['a'])
  }),
]
