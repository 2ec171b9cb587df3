import { randomBytes, randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../endpoints/database.ts'
import { type MessageAttributes, messageBytes } from './attributes.ts'
import { invalidValue, SqsError } from './errors.ts'

/** What the template says of a queue; times in seconds. */
export type QueueSettings = {
  readonly name: string
  readonly arn: string
  readonly visibilityTimeout: number
  readonly delay: number
  readonly retention: number
  readonly waitTime: number
  readonly largestMessage: number
  /** After `maxReceives` receives a message goes to the queue named `to`. */
  readonly redrive: { readonly to: string; readonly maxReceives: number } | null
}

export type Message = {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: MessageAttributes
  readonly sentAt: number
  readonly firstReceivedAt: number
  readonly receiveCount: number
  /** The ARN of the queue a dead-letter queue got the message from. */
  readonly source: string | null
}

export type Sending = { readonly body: string; readonly attributes?: MessageAttributes; readonly delay?: number }

export type Receiving = {
  readonly max: number
  /** Seconds to wait for a first message. */
  readonly wait: number
  readonly visibilityTimeout?: number
  readonly signal?: AbortSignal
}

/** Messages of a dead-letter queue that were moved, and how many. */
export type MoveTask = {
  readonly handle: string
  readonly sourceArn: string
  readonly startedAt: number
  readonly moved: number
}

/** Moves that are remembered, of all queues. */
const mostMoves = 100

export type Queues = ReturnType<typeof openQueues>

/**
 * Standard queues in a database. A process that dies loses nothing; messages it had received become visible again when
 * the queues are opened, because whoever received them died with it.
 */
export const openQueues = (db: DatabaseSync, settings: readonly QueueSettings[], now: () => number) => {
  db.exec(`
    CREATE TABLE IF NOT EXISTS messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, message TEXT NOT NULL, body TEXT NOT NULL,
      attributes TEXT NOT NULL, sent INTEGER NOT NULL, visible INTEGER NOT NULL, first_received INTEGER,
      receives INTEGER NOT NULL DEFAULT 0, receipt TEXT, source TEXT
    ) STRICT;
    CREATE INDEX IF NOT EXISTS messages_by_time ON messages (queue, visible);
    UPDATE messages SET visible = 0, receipt = NULL WHERE receipt IS NOT NULL;
  `)
  const insert = db.prepare(
    'INSERT INTO messages (queue, message, body, attributes, sent, visible) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const expire = db.prepare('DELETE FROM messages WHERE queue = ? AND sent < ?')
  const visible = db.prepare('SELECT * FROM messages WHERE queue = ? AND visible <= ? ORDER BY visible, id LIMIT ?')
  const nextVisible = db.prepare('SELECT min(visible) AS at FROM messages WHERE queue = ?')
  const take = db.prepare('UPDATE messages SET visible = ?, receipt = ?, receives = ?, first_received = ? WHERE id = ?')
  const move = db.prepare(
    'UPDATE messages SET queue = ?, visible = ?, receives = 0, receipt = NULL, first_received = NULL, source = ? WHERE id = ?',
  )
  const byReceipt = db.prepare('SELECT id, queue, visible FROM messages WHERE id = ? AND receipt = ?')
  const remove = db.prepare('DELETE FROM messages WHERE id = ?')
  const setVisible = db.prepare('UPDATE messages SET visible = ? WHERE id = ?')
  const release = db.prepare('UPDATE messages SET visible = ?, receipt = NULL WHERE id = ?')
  const purgeAll = db.prepare('DELETE FROM messages WHERE queue = ?')
  const allOf = db.prepare('SELECT id, source FROM messages WHERE queue = ? AND (receipt IS NULL OR visible <= ?)')
  const counts = db.prepare(`
    SELECT count(*) FILTER (WHERE visible <= $now) AS visible,
      count(*) FILTER (WHERE visible > $now AND receipt IS NOT NULL) AS inFlight,
      count(*) FILTER (WHERE visible > $now AND receipt IS NULL) AS delayed
    FROM messages WHERE queue = $queue`)

  const byName = new Map(settings.map((queue) => [queue.name, queue]))
  /** Emits a queue's name when one of its messages may have become visible. */
  const changes = new EventEmitter().setMaxListeners(0)

  const find = (name: string): QueueSettings => {
    const queue = byName.get(name)
    if (queue === undefined) throw new SqsError('QueueDoesNotExist', `There is no queue ${name}.`)
    return queue
  }
  const nameOf = (arn: string): string => {
    const queue = settings.find((candidate) => candidate.arn === arn)
    if (queue === undefined) throw new SqsError('QueueDoesNotExist', `There is no queue ${arn}.`)
    return queue.name
  }

  /** The new message's id. */
  const send = (name: string, { body, attributes = {}, delay }: Sending): string => {
    const queue = find(name)
    if (body === '') throw new SqsError('MissingParameter', 'The message body is empty.')
    if (messageBytes(body, attributes) > queue.largestMessage)
      throw invalidValue(`The message is larger than the queue's ${queue.largestMessage} bytes.`)
    const id = randomUUID()
    const at = now()
    insert.run(name, id, body, JSON.stringify(attributes), at, at + seconds(delay ?? queue.delay, 900, 'DelaySeconds'))
    changes.emit(name)
    return id
  }

  /** Takes what is visible, after moving what was received too often to the dead-letter queue. */
  const takeVisible = (queue: QueueSettings, max: number, visibilityTimeout: number): Message[] =>
    inTransaction(db, () => {
      const at = now()
      expire.run(queue.name, at - queue.retention * 1000)
      const taken: Message[] = []
      while (taken.length < max) {
        const rows = visible.all(queue.name, at, max - taken.length)
        if (rows.length === 0) break
        for (const row of rows) {
          const id = row.id as number
          if (queue.redrive !== null && (row.receives as number) >= queue.redrive.maxReceives) {
            move.run(queue.redrive.to, at, queue.arn, id)
            changes.emit(queue.redrive.to)
            continue
          }
          const receipt = randomBytes(16).toString('base64url')
          const receiveCount = (row.receives as number) + 1
          const firstReceivedAt = (row.first_received as number | null) ?? at
          // A timeout of 0 leaves the message visible: it must not be taken twice in one receive.
          take.run(Math.max(at + visibilityTimeout, at + 1), receipt, receiveCount, firstReceivedAt, id)
          taken.push({
            messageId: row.message as string,
            receiptHandle: `${id}.${receipt}`,
            body: row.body as string,
            attributes: JSON.parse(row.attributes as string),
            sentAt: row.sent as number,
            firstReceivedAt,
            receiveCount,
            source: row.source as string | null,
          })
        }
      }
      return taken
    })

  const receive = async (name: string, { max, wait, visibilityTimeout, signal }: Receiving): Promise<Message[]> => {
    const queue = find(name)
    const timeout = seconds(visibilityTimeout ?? queue.visibilityTimeout, 43_200, 'VisibilityTimeout')
    const deadline = now() + wait * 1000
    for (;;) {
      const messages = takeVisible(queue, max, timeout)
      const left = deadline - now()
      if (messages.length > 0 || left <= 0 || signal?.aborted) return messages
      const next = nextVisible.get(name)?.at as number | null
      await changeOf(changes, name, next === null ? left : Math.min(left, Math.max(next - now(), 1)), signal)
    }
  }

  /** The message a receipt handle stands for; undefined when it has been deleted, or received again since. */
  const received = (name: string, receiptHandle: string): { id: number; visible: number } | undefined => {
    find(name)
    const fields = /^(\d{1,15})\.([\w-]{22})$/.exec(receiptHandle)
    if (fields === null) throw new SqsError('ReceiptHandleIsInvalid', 'The receipt handle is not one of this queue.')
    const row = byReceipt.get(Number(fields[1]), fields[2])
    return row === undefined || row.queue !== name
      ? undefined
      : { id: row.id as number, visible: row.visible as number }
  }

  const deleteMessage = (name: string, receiptHandle: string): void => {
    const message = received(name, receiptHandle)
    if (message !== undefined) remove.run(message.id)
  }

  const changeVisibility = (name: string, receiptHandle: string, timeout: number): void => {
    const message = received(name, receiptHandle)
    const milliseconds = seconds(timeout, 43_200, 'VisibilityTimeout')
    if (message === undefined || message.visible <= now())
      throw new SqsError('MessageNotInflight', 'The message is not in flight.')
    if (milliseconds === 0) release.run(now(), message.id)
    else setVisible.run(now() + milliseconds, message.id)
    changes.emit(name)
  }

  const purge = (name: string): void => {
    purgeAll.run(find(name).name)
  }

  /** Messages visible, in flight and delayed. */
  const count = (name: string): { visible: number; inFlight: number; delayed: number } => {
    const row = counts.get({ now: now(), queue: find(name).name })!
    return { visible: row.visible as number, inFlight: row.inFlight as number, delayed: row.delayed as number }
  }

  const moves: MoveTask[] = []

  /** The last moves from a queue, the newest first, as far as this process has seen them. */
  const movesFrom = (sourceArn: string): MoveTask[] => {
    nameOf(sourceArn)
    return moves.filter((move) => move.sourceArn === sourceArn)
  }

  /**
   * Moves a dead-letter queue's messages to `destinationArn`, or each to the queue it came from. All at once: there is
   * no rate to keep to on one machine. Messages in flight stay. Returns the id of the move.
   */
  const moveAll = (sourceArn: string, destinationArn: string | undefined): string => {
    const move = { handle: randomUUID(), sourceArn, startedAt: now(), moved: moveNow(sourceArn, destinationArn) }
    moves.unshift(move)
    moves.splice(mostMoves)
    return move.handle
  }

  const moveNow = (sourceArn: string, destinationArn: string | undefined): number =>
    inTransaction(db, () => {
      const name = nameOf(sourceArn)
      if (!settings.some(({ redrive }) => redrive?.to === name))
        throw invalidValue(`${name} is not a dead-letter queue.`)
      const rows = allOf.all(name, now())
      for (const { id, source } of rows) {
        const target = destinationArn ?? (source as string | null)
        if (target === null) throw invalidValue(`A message of ${name} came from no other queue; name a destination.`)
        move.run(nameOf(target), now(), null, id)
        changes.emit(nameOf(target))
      }
      return rows.length
    })

  return {
    names: [...byName.keys()],
    find,
    nameOf,
    send,
    receive,
    delete: deleteMessage,
    changeVisibility,
    purge,
    count,
    moveAll,
    movesFrom,
  }
}

const seconds = (value: number, most: number, name: string): number => {
  if (!Number.isInteger(value) || value < 0 || value > most) throw invalidValue(`${name} must be from 0 to ${most}.`)
  return value * 1000
}

/** Until the queue changes, the time is over or the signal aborts. */
const changeOf = async (
  changes: EventEmitter,
  name: string,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const timer = AbortSignal.timeout(Math.ceil(milliseconds))
  const either = signal === undefined ? timer : AbortSignal.any([timer, signal])
  try {
    await once(changes, name, { signal: either })
  } catch (error) {
    if (!either.aborted) throw error
  }
}
