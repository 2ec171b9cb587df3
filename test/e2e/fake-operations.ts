import { lanes } from '../../shared/cases/lane.ts'
import type { DeadLetter } from '../../shared/cases/operations/dead-letters.ts'
import type { Failure } from '../../shared/cases/operations/failures.ts'
import {
  type CostReport,
  type DeadLetterFigures,
  type QueueReport,
  Redrive,
  type VersionReport,
} from '../../shared/cases/operations/operations-api.ts'
import type { OperationEvent } from '../../shared/cases/operations/operations-store.ts'
import { QueueOwner } from '../../shared/cases/operations/queue-owner.ts'
import type { AnalysisUnderWay } from '../../shared/cases/operations/under-way.ts'
import { Refuse } from './refuse.ts'

const withoutLanes: readonly QueueOwner[] = ['ingest', 'reprocess', 'announce', 'webhooks']

/** What the operations page is told: nothing has ever happened, until a test says otherwise. */
export type FakeOperations = {
  queues: QueueReport['queues']
  deadLetters: DeadLetterFigures[]
  letters: DeadLetter[]
  others: number
  failures: Failure[]
  analyses: AnalysisUnderWay[]
  days: CostReport['days']
  engines: VersionReport['engines']
  stages: VersionReport['stages']
  redrives: OperationEvent[]
}

export const quietOperations = (): FakeOperations => ({
  queues: QueueOwner.options.flatMap((queue) => {
    const figures = { queue, waiting: 0, inFlight: 0, delayed: 0, oldestWaitsSince: null }
    return withoutLanes.includes(queue)
      ? [{ ...figures, lane: null } as QueueReport['queues'][number]]
      : lanes.map((lane): QueueReport['queues'][number] => ({ ...figures, lane }))
  }),
  deadLetters: QueueOwner.options.map((queue) => ({ queue, messages: 0, move: null })),
  ...{ letters: [], others: 0, failures: [], analyses: [], days: [], engines: [], stages: [], redrives: [] },
})

const pageSize = 25

/** Answers as functions/api/operations/operations.ts does. A redrive is begun and stays so; the test ends it. */
export const fakeOperations = (
  fake: FakeOperations,
  {
    method,
    name,
    query,
    body,
    subject,
  }: { method: string; name: string; query: URLSearchParams; body: unknown; subject: string },
): [number, unknown] => {
  const takenAt = new Date().toISOString()
  switch (`${method} ${name}`) {
    case 'GET queues':
      return [200, { takenAt, queues: fake.queues, deadLetters: fake.deadLetters }]
    case 'GET dead-letters':
      return [200, { takenAt, letters: fake.letters, others: fake.others, partial: false }]
    case 'GET redrives':
      return [200, { redrives: fake.redrives, nextCursor: null }]
    case 'POST redrives': {
      const { queue } = Redrive.parse(body)
      const figures = fake.deadLetters.find((each) => each.queue === queue)
      if (figures === undefined || figures.messages === 0)
        throw new Refuse(409, `There are no dead letters of ${queue}.`)
      const { messages } = figures
      figures.move = { status: 'running', startedAt: takenAt, moved: 0, toMove: messages, failure: null }
      const statement = `The dead letters of ${queue} were sent again: about ${messages}.`
      fake.redrives.unshift({
        ...{
          eventId: `e${fake.redrives.length}`,
          at: takenAt,
          actor: subject,
          action: 'dead-letters.redriven',
          statement,
        },
      })
      return [201, { queue, messages, startedAt: takenAt }]
    }
    case 'GET failures': {
      const from = Number(query.get('cursor') ?? 0)
      const failures = fake.failures.slice(from, from + pageSize)
      const end = from + pageSize
      return [200, { takenAt, failures, nextCursor: end < fake.failures.length ? String(end) : null }]
    }
    case 'GET analyses':
      return [200, { takenAt, analyses: fake.analyses, partial: false }]
    case 'GET cost':
      return [200, { takenAt, days: fake.days, behind: false, prices: { region: 'us-east-1', asOf: '2026-05' } }]
    case 'GET versions':
      return [200, { takenAt, engine: '0.1.0', engines: fake.engines, stages: fake.stages, behind: false }]
    default:
      throw new Refuse(404, 'There is nothing at this path.')
  }
}
