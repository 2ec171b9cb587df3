import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import { isId } from '../ids.ts'
import { Lane } from '../lane.ts'
import { Stage } from '../stage.ts'
import { DeadLetter } from './dead-letters.ts'
import { Failure, FailureCursor } from './failures.ts'
import { OperationEvent } from './operations-store.ts'
import { QueueOwner } from './queue-owner.ts'
import { Spent, Worker } from './spending.ts'
import { AnalysisUnderWay } from './under-way.ts'
import { VersionUse } from './versions-in-use.ts'

/**
 * Bodies of the HTTP API for whoever runs dumpline. The queues are those of the whole installation, and counted as a
 * whole; whatever names a case is the caller's tenant's.
 *
 *   GET  /api/operations/queues                       → QueueReport
 *   GET  /api/operations/dead-letters                 → DeadLetterReport
 *   GET  /api/operations/redrives?limit&cursor        → RedriveList, newest first
 *   POST /api/operations/redrives         Redrive     → 201 StartedRedrive
 *   GET  /api/operations/failures?limit&cursor        → FailureList, newest first
 *   GET  /api/operations/analyses                     → UnderWayReport, oldest first
 *   GET  /api/operations/cost?days                    → CostReport, newest day first
 *   GET  /api/operations/versions                     → VersionReport
 *
 * `takenAt`: when the figures were taken. SQS counts about, and a little late.
 */

export const QueueFigures = z.object({
  queue: QueueOwner,
  /** Null where the owner has one queue for all. */
  lane: Lane.nullable(),
  waiting: Count,
  /** Being worked on, or waiting to be tried again after a failure. */
  inFlight: Count,
  delayed: Count,
})
export type QueueFigures = z.infer<typeof QueueFigures>

/** The last time that dead letters were sent again, by whomever. */
export const Move = z.object({
  status: z.enum(['running', 'completed', 'failed', 'cancelled']),
  startedAt: Timestamp.nullable(),
  moved: Count,
  toMove: Count.nullable(),
  failure: z.string().nullable(),
})
export type Move = z.infer<typeof Move>

export const DeadLetterFigures = z.object({ queue: QueueOwner, messages: Count, move: Move.nullable() })
export type DeadLetterFigures = z.infer<typeof DeadLetterFigures>

export const QueueReport = z.object({
  takenAt: Timestamp,
  queues: z.array(
    QueueFigures.extend({
      /** Since when the oldest analysis of the caller's tenant waits for its turn here; null where none is known to. */
      oldestWaitsSince: Timestamp.nullable(),
    }),
  ),
  deadLetters: z.array(DeadLetterFigures),
})
export type QueueReport = z.infer<typeof QueueReport>

export const DeadLetterReport = z.object({
  takenAt: Timestamp,
  letters: z.array(DeadLetter),
  /** Others that were seen: of other tenants, or of which nobody can tell what they are. */
  others: Count,
  /** There are more than were looked at. */
  partial: z.boolean(),
})
export type DeadLetterReport = z.infer<typeof DeadLetterReport>

export const Redrive = z.strictObject({ queue: QueueOwner })
export type Redrive = z.infer<typeof Redrive>

/** `messages`: about how many go back. */
export const StartedRedrive = z.object({ queue: QueueOwner, messages: Count, startedAt: Timestamp })
export type StartedRedrive = z.infer<typeof StartedRedrive>

const limit = z.coerce.number().int().min(1).max(100).default(25)

export const RedrivePage = z.object({
  limit,
  cursor: z
    .string()
    .refine((text) => isId('event', text), 'is not a cursor of this list')
    .optional(),
})
export const RedriveList = z.object({ redrives: z.array(OperationEvent), nextCursor: z.string().nullable() })
export type RedriveList = z.infer<typeof RedriveList>

export const FailurePageQuery = z.object({ limit, cursor: FailureCursor.optional() })
export const FailureList = z.object({
  takenAt: Timestamp,
  failures: z.array(Failure),
  nextCursor: z.string().nullable(),
})
export type FailureList = z.infer<typeof FailureList>

export const UnderWayReport = z.object({
  takenAt: Timestamp,
  analyses: z.array(AnalysisUnderWay),
  /** There are more, younger ones. */
  partial: z.boolean(),
})
export type UnderWayReport = z.infer<typeof UnderWayReport>

export const CostQuery = z.object({ days: z.coerce.number().int().min(1).max(31).default(14) })

export const DayCost = z.object({
  /** `2026-05-04`, of UTC: the day on which the analyses began that this was spent on. */
  day: z.string(),
  dollars: z.number(),
  workers: z.array(Spent.extend({ worker: Worker, dollars: z.number() })),
})
export type DayCost = z.infer<typeof DayCost>

export const CostReport = z.object({
  takenAt: Timestamp,
  days: z.array(DayCost),
  /** Not everything is added up yet; asked again, it goes on. */
  behind: z.boolean(),
  /** Of the list prices that were reckoned with. */
  prices: z.object({ region: z.string(), asOf: z.string() }),
})
export type CostReport = z.infer<typeof CostReport>

const Used = VersionUse.extend({ version: z.string() })

export const VersionReport = z.object({
  takenAt: Timestamp,
  /** What analyses are made by now. */
  engine: z.string(),
  /** Versions that finished analyses were made by, the last used first. */
  engines: z.array(Used),
  stages: z.array(z.object({ stage: Stage, current: z.string(), used: z.array(Used) })),
  behind: z.boolean(),
})
export type VersionReport = z.infer<typeof VersionReport>
