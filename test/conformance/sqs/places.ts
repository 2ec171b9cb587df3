import { DatabaseSync } from 'node:sqlite'
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { vi } from 'vitest'
import { makeSqsClient } from '../../../functions/aws/clients.ts'
import { listenOnLoopback } from '../../../infra/local/endpoints/loopback.ts'
import { openQueues } from '../../../infra/local/sqs/queues.ts'
import { sqsServer } from '../../../infra/local/sqs/server.ts'
import { awsName, withoutAws } from '../aws.ts'
import type { Place } from '../place.ts'

/** Of the queue `jobs`: seconds that a received message stays invisible, and how often it is received at most. */
export const visibilitySeconds = 5
export const maxReceives = 2

/** Two queues of one behaviour alone, by their URLs, the second the dead-letter queue of the first. */
export type Queues = {
  readonly client: SQSClient
  readonly jobs: string
  readonly dead: string
  /** What the names of both begin with, and no other's. */
  readonly prefix: string
  /** Lets so many seconds go by. */
  readonly pass: (seconds: number) => Promise<void>
  /** How long a receive has to wait before "no message" means none. */
  readonly waitSeconds: number
}

export type QueueMaker = { readonly make: () => Promise<Queues> }

/** The endpoint itself over a clock that is moved by hand: what takes AWS minutes is tried in no time. */
const openLocal = async () => {
  const ends: (() => Promise<void>)[] = []
  const make = async (): Promise<Queues> => {
    let now = Date.now()
    const loopback = await listenOnLoopback(0)
    const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
    const prefix = 'Dumpline'
    const settings = (name: string) => ({
      name: `${prefix}${name}`,
      arn: `arn:aws:sqs:us-east-1:000000000000:${prefix}${name}`,
      delay: 0,
      retention: 345_600,
      waitTime: 0,
      largestMessage: 1_048_576,
    })
    const jobs = {
      ...settings('Jobs'),
      visibilityTimeout: visibilitySeconds,
      redrive: { to: `${prefix}DeadLetters`, maxReceives },
    }
    const dead = { ...settings('DeadLetters'), visibilityTimeout: 30, redrive: null }
    const queues = openQueues(new DatabaseSync(':memory:'), [jobs, dead], () => now)
    loopback.serve(sqsServer(queues, loopback.origin, credentials))
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', loopback.origin)
    vi.stubEnv('AWS_REGION', 'us-east-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
    const client = makeSqsClient()
    ends.push(async () => {
      client.destroy()
      await loopback.close()
    })
    const url = ({ name }: { name: string }) => `${loopback.origin}/000000000000/${name}`
    const pass = async (seconds: number): Promise<void> => {
      now += seconds * 1000
    }
    return { client, jobs: url(jobs), dead: url(dead), prefix, pass, waitSeconds: 0 }
  }
  return { make, close: async () => void (await Promise.all(ends.map((end) => end()))) }
}

/** Queues of AWS, made for one run and removed after it. Seconds take seconds. */
const openAws = async () => {
  const client = makeSqsClient()
  const made: string[] = []
  const create = async (QueueName: string, Attributes: Record<string, string>): Promise<string> => {
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes }))
    made.push(QueueUrl)
    return QueueUrl
  }
  const make = async (): Promise<Queues> => {
    const prefix = awsName()
    const dead = await create(`${prefix}-DeadLetters`, {})
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
    )
    const jobs = await create(`${prefix}-Jobs`, {
      VisibilityTimeout: String(visibilitySeconds),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount: maxReceives }),
    })
    const pass = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000))
    return { client, jobs, dead, prefix, pass, waitSeconds: 2 }
  }
  const close = async (): Promise<void> => {
    for (const QueueUrl of made) await client.send(new DeleteQueueCommand({ QueueUrl }))
    client.destroy()
  }
  return { make, close }
}

export const sqsPlaces: readonly Place<QueueMaker>[] = [
  { name: 'the local endpoint', isMissing: () => false, open: openLocal, differences: {} },
  { name: 'AWS', isMissing: withoutAws, open: openAws, differences: {} },
]
