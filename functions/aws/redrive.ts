import { parseArgs } from 'node:util'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { redriveQueue } from './redrive-queue.ts'

/**
 * Sends dead letters back to the queues they came from, once what brought them there has been dealt with:
 * `npx node functions/aws/redrive.ts [--prefix Dumpline] [--only Pool] [--dry-run]`, with the AWS SDK's usual credentials.
 * The operations page does the same for one queue.
 */
export type RedriveOptions = {
  /** What the queues' names begin with: the stack's name. */
  readonly prefix: string
  /** Part of the name of the dead-letter queues to redrive; all of them without it. */
  readonly only?: string
  readonly dryRun: boolean
}

export type Redriven = { readonly queue: string; readonly messages: number }

/** Every dead-letter queue that holds something, and how many messages (about) go back. Throws where a move is refused. */
export const redrive = async (client: SQSClient, { prefix, only, dryRun }: RedriveOptions): Promise<Redriven[]> => {
  const moved: Redriven[] = []
  for (const QueueUrl of await deadLetterQueues(client, prefix)) {
    const queue = QueueUrl.split('/').at(-1) ?? QueueUrl
    if (only !== undefined && !queue.includes(only)) continue
    const messages = await redriveQueue(client, QueueUrl, dryRun)
    if (messages > 0) moved.push({ queue, messages })
  }
  return moved
}

const deadLetterQueues = async (client: SQSClient, prefix: string): Promise<string[]> => {
  const urls: string[] = []
  let NextToken: string | undefined
  do {
    const page = await client.send(new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 1000, NextToken }))
    urls.push(...(page.QueueUrls ?? []))
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return urls.filter((url) => /DeadLetters/.test(url))
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      prefix: { type: 'string', default: 'Dumpline' },
      only: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
    },
  })
  const { prefix, only, 'dry-run': dryRun } = values
  const moved = await redrive(new SQSClient(), { prefix, only, dryRun })
  for (const { queue, messages } of moved)
    console.log(
      `${queue}: ${messages} ${messages === 1 ? 'message' : 'messages'} ${dryRun ? 'would go' : 'going'} back`,
    )
  if (moved.length === 0) console.log('No dead letters.')
}
