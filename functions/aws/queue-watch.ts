import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { type Lane, lanes } from '../../shared/cases/lane.ts'
import type { DeadLetterFigures, Move, QueueFigures } from '../../shared/cases/operations/operations-api.ts'
import { QueueOwner } from '../../shared/cases/operations/queue-owner.ts'
import { environment } from './environment.ts'
import { redriveQueue } from './redrive-queue.ts'

/** A dead letter as it lies there. */
export type RawLetter = { readonly messageId: string; readonly body: string; readonly sentAt: Date }

/** What an operator sees of the queues, and does to them. They are those of the whole installation. */
export type QueueWatch = {
  readonly waiting: () => Promise<QueueFigures[]>
  readonly deadLetters: () => Promise<DeadLetterFigures[]>
  /** Some of an owner's dead letters, which stay where they are. */
  readonly peek: (owner: QueueOwner) => Promise<RawLetter[]>
  /** Has an owner's dead letters go back to where they came from, and says about how many; 0 when there are none. */
  readonly redrive: (owner: QueueOwner) => Promise<number | 'running'>
}

type Watched = { readonly owner: QueueOwner; readonly lane: Lane | null; readonly url: string }

type DeadLetterQueue = { readonly url: string; readonly arn: string }

/** SQS hands out ten messages at once, and not always those there are. */
const mostPeeks = 3

/** The queues of this installation that `WATCHED_QUEUES` names. Throws where a queue has no dead-letter queue. */
export const sqsQueueWatch = (client: SQSClient): QueueWatch => {
  const attributesOf = async (QueueUrl: string, ...AttributeNames: QueueAttributeName[]) =>
    (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).Attributes ?? {}

  const figuresOf = async ({ owner, lane, url }: Watched): Promise<QueueFigures> => {
    const attributes = await attributesOf(
      url,
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
    )
    return {
      queue: owner,
      lane,
      waiting: Number(attributes.ApproximateNumberOfMessages),
      inFlight: Number(attributes.ApproximateNumberOfMessagesNotVisible),
      delayed: Number(attributes.ApproximateNumberOfMessagesDelayed),
    }
  }

  const known = new Map<QueueOwner, DeadLetterQueue>()

  /** Every queue of an owner names the owner's one dead-letter queue, and all queues have the same account and region. */
  const deadLettersOf = async (owner: QueueOwner): Promise<DeadLetterQueue> => {
    const before = known.get(owner)
    if (before !== undefined) return before
    const { url } = watchedQueues().find((queue) => queue.owner === owner) ?? { url: '' }
    const { RedrivePolicy = '{}' } = await attributesOf(url, 'RedrivePolicy')
    const { deadLetterTargetArn: arn } = JSON.parse(RedrivePolicy) as { deadLetterTargetArn?: string }
    if (arn === undefined) throw new Error(`The queue ${url} of ${owner} has no dead-letter queue.`)
    const found = { url: sibling(url, arn.slice(arn.lastIndexOf(':') + 1)), arn }
    known.set(owner, found)
    return found
  }

  const lastMove = async (SourceArn: string): Promise<Move | null> => {
    const { Results = [] } = await client.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }))
    return Results.length === 0 ? null : moveOf(Results[0])
  }

  return {
    waiting: () => Promise.all(watchedQueues().map(figuresOf)),
    deadLetters: () =>
      Promise.all(
        QueueOwner.options.map(async (owner) => {
          const { url, arn } = await deadLettersOf(owner)
          const [attributes, move] = await Promise.all([
            attributesOf(url, 'ApproximateNumberOfMessages'),
            lastMove(arn),
          ])
          return { queue: owner, messages: Number(attributes.ApproximateNumberOfMessages), move }
        }),
      ),
    peek: async (owner) => {
      const { url: QueueUrl } = await deadLettersOf(owner)
      const seen = new Map<string, RawLetter>()
      for (let peeks = 0; peeks < mostPeeks; peeks++) {
        // Without a time to be away for, a message stays for whoever comes next: a redrive, for instance.
        const asked = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({ ...asked, MessageSystemAttributeNames: ['SentTimestamp'] }),
        )
        const fresh = Messages.map(letterOf).filter(({ messageId }) => !seen.has(messageId))
        for (const letter of fresh) seen.set(letter.messageId, letter)
        if (fresh.length === 0) break
      }
      return [...seen.values()].sort((a, b) => a.sentAt.getTime() - b.sentAt.getTime())
    },
    redrive: async (owner) => {
      const { url, arn } = await deadLettersOf(owner)
      if ((await lastMove(arn))?.status === 'running') return 'running'
      return redriveQueue(client, url)
    },
  }
}

/**
 * `WATCHED_QUEUES` names them by owner, `header=NAME,NAME,NAME pool=…`, one of each lane in the lanes' order or a single
 * one. Names, because the URLs of all would not fit into a function's environment: they differ in their last part alone.
 */
const watchedQueues = (): Watched[] => {
  const base = environment('REPROCESS_QUEUE_URL')
  return environment('WATCHED_QUEUES')
    .split(' ')
    .flatMap((entry) => {
      const [owner, names] = entry.split('=')
      const each = names.split(',')
      return each.map((name, index) => ({
        owner: QueueOwner.parse(owner),
        lane: each.length === 1 ? null : lanes[index],
        url: sibling(base, name),
      }))
    })
}

/** The URL of an owner's queue of a lane, or of its only one. */
export const watchedQueueUrl = (owner: QueueOwner, lane: Lane | null = null): string => {
  const found = watchedQueues().find((queue) => queue.owner === owner && queue.lane === lane)
  if (found === undefined)
    throw new Error(`WATCHED_QUEUES names no queue of ${owner}${lane === null ? '' : ` for the lane ${lane}`}.`)
  return found.url
}

const sibling = (url: string, name: string): string => url.slice(0, url.lastIndexOf('/') + 1) + name

const letterOf = ({ MessageId = '', Body = '', Attributes }: Message): RawLetter => ({
  messageId: MessageId,
  body: Body,
  sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)),
})

const statuses: Record<string, Move['status']> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLING: 'cancelled',
  CANCELLED: 'cancelled',
}

const moveOf = (task: ListMessageMoveTasksResultEntry): Move => ({
  status: statuses[task.Status ?? ''] ?? 'failed',
  startedAt: task.StartedTimestamp === undefined ? null : new Date(task.StartedTimestamp).toISOString(),
  moved: task.ApproximateNumberOfMessagesMoved ?? 0,
  toMove: task.ApproximateNumberOfMessagesToMove ?? null,
  failure: task.FailureReason ?? null,
})
