import { later } from '../patience.ts'
import type { Stage } from '../stage.ts'
import type { Step } from '../transitions.ts'
import type { BatchItem, BatchRecord, BatchStatus, Publication } from './batch.ts'
import type { Difference } from './difference.ts'

/** The state machine of a batch and of its items, as pure steps like those of an analysis (transitions.ts). */
type Move = { readonly from: readonly BatchStatus[]; readonly to: BatchStatus }

const batchMachine = {
  /** The plan is frozen. */
  freeze: { from: ['planning'], to: 'planned' },
  try: { from: ['planned', 'tried'], to: 'trying' },
  tried: { from: ['trying'], to: 'tried' },
  start: { from: ['planned', 'tried'], to: 'running' },
  pause: { from: ['trying', 'running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  end: { from: ['running'], to: 'done' },
  cancel: { from: ['planning', 'planned', 'trying', 'tried', 'running', 'paused'], to: 'cancelled' },
  /** Also again: for cases that were left as they stood the time before. */
  publish: { from: ['done', 'cancelled', 'published', 'moved-back'], to: 'publishing' },
  published: { from: ['publishing'], to: 'published' },
  moveBack: { from: ['published'], to: 'moving-back' },
  movedBack: { from: ['moving-back'], to: 'moved-back' },
} as const satisfies Record<string, Move>

/** Statuses in which the batch has something done by itself. */
const working: readonly BatchStatus[] = ['planning', 'trying', 'running', 'publishing', 'moving-back']

/** Something of the batch may still be under way after these, until the last analysis that was begun has ended. */
const draining: readonly BatchStatus[] = ['paused', 'cancelled']

const hasSteps = ({ status }: BatchRecord): boolean => working.includes(status) || draining.includes(status)

/** What a person may ask of a batch. */
export type BatchAction = 'dry-run' | 'start' | 'pause' | 'resume' | 'cancel' | 'publish' | 'move-back'

const moves: Record<BatchAction, Move> = {
  'dry-run': batchMachine.try,
  start: batchMachine.start,
  pause: batchMachine.pause,
  resume: batchMachine.resume,
  cancel: batchMachine.cancel,
  publish: batchMachine.publish,
  'move-back': batchMachine.moveBack,
}

/** What a person may ask of a batch in this state. */
export const actionsOpenTo = (status: BatchStatus): BatchAction[] =>
  (Object.keys(moves) as BatchAction[]).filter((action) => moves[action].from.includes(status))

const move = (batch: BatchRecord, { from, to }: Move, changes: Partial<BatchRecord> = {}): Step<BatchRecord> => {
  if (from.includes(batch.status)) return { next: { ...batch, ...changes, status: to } }
  return { refused: batch.status === to ? 'settled' : 'conflict' }
}

const iso = (at: Date): string => at.toISOString()

/** A person's action. The next step is due at once. */
export const act = (
  batch: BatchRecord,
  action: BatchAction,
  at: Date,
  reason = 'Somebody paused it.',
): Step<BatchRecord> => {
  if (action === 'pause') return pauseBatch(batch, reason, at)
  const changes: Partial<BatchRecord> = { stepAt: iso(at) }
  if (action === 'cancel') changes.endedAt = iso(at)
  else if (action === 'publish' || action === 'move-back') {
    changes.turn = batch.turn + 1
    changes.turnedAt = iso(at)
  } else changes.startedAt = iso(at)
  if (action !== 'resume') return move(batch, moves[action], changes)
  const to = batch.pause?.goesOnWith ?? 'running'
  return move(batch, { from: batchMachine.resume.from, to }, { ...changes, pause: null })
}

/** By a person, or by the batch itself when its budget is used up or too much of it fails. */
export const pauseBatch = (batch: BatchRecord, reason: string, at: Date): Step<BatchRecord> =>
  move(batch, batchMachine.pause, {
    pause: { reason, at: iso(at), goesOnWith: batch.status === 'trying' ? 'trying' : 'running' },
    stepAt: iso(at),
  })

/** How far the walk over the cases is; at its end the plan is frozen. */
export const notePlan = (
  batch: BatchRecord,
  { cursor, cutOff, at }: { cursor: string | null; cutOff: boolean; at: Date },
): Step<BatchRecord> => {
  if (batch.status !== 'planning') return { refused: 'conflict' }
  if (cursor !== null && !cutOff) return { next: { ...batch, planCursor: cursor } }
  return move(batch, batchMachine.freeze, { planCursor: null, plannedAt: iso(at), cutOff })
}

/** Nothing is left to do in this status. */
export const completeBatch = (batch: BatchRecord, at: Date): Step<BatchRecord> => {
  switch (batch.status) {
    case 'trying':
      return move(batch, batchMachine.tried)
    case 'running':
      if (batch.settings.publish === 'after-review') return move(batch, batchMachine.end, { endedAt: iso(at) })
      return { next: { ...batch, status: 'publishing', endedAt: iso(at) } }
    case 'publishing':
      return move(batch, batchMachine.published, { publishedAt: iso(at) })
    case 'moving-back':
      return move(batch, batchMachine.movedBack)
    default:
      return { refused: 'settled' }
  }
}

/** A message may come this much before its time and is still the one that was awaited. */
const earlyMs = 1_000

/** What a dead step's batch waits beyond its lease before the schedule takes it up. */
const overdueMs = 5_000

/**
 * Takes a batch for one step. `busy` while another step may be at it; `settled` when none is due yet, which is how the
 * message of a second chain ends, or when nothing is to be done any more.
 */
export const beginStep = (
  batch: BatchRecord,
  { holder, at, leaseMs }: { holder: string; at: Date; leaseMs: number },
): Step<BatchRecord> => {
  if (!hasSteps(batch) || batch.stepAt === null) return { refused: 'settled' }
  if (batch.lease !== null && batch.lease.holder !== holder && at < new Date(batch.lease.until))
    return { refused: 'busy' }
  // Under a lease that ran out, `stepAt` says when the schedule was to look, not when the step was due.
  if (batch.lease === null && at.getTime() + earlyMs < Date.parse(batch.stepAt)) return { refused: 'settled' }
  const until = later(at, leaseMs)
  return { next: { ...batch, lease: { holder, until: iso(until) }, stepAt: iso(later(until, overdueMs)) } }
}

/**
 * Gives the batch back, as it now stands. `next` is when to go on; null when nothing was left to do, which somebody may
 * have changed meanwhile: then it goes on at once.
 */
export const endStep = (batch: BatchRecord, holder: string, next: Date | null, at: Date): Step<BatchRecord> => {
  if (batch.lease?.holder !== holder) return { refused: 'fenced' }
  const goesOn = next ?? (working.includes(batch.status) ? at : null)
  return { next: { ...batch, lease: null, stepAt: goesOn && iso(goesOn) } }
}

/** The item's analysis gets its id, what it is compared with, and where it begins. */
export const launchItem = (
  item: BatchItem,
  launch: { readonly analysisId: string; readonly earlierId: string; readonly beginAt: Stage; readonly at: Date },
): Step<BatchItem> => {
  if (item.state !== 'waiting') return { refused: 'settled' }
  const { at, ...rest } = launch
  return { next: { ...item, ...rest, state: 'launching', launchedAt: iso(at) } }
}

/** Its analysis has been begun; `settled` where that is known already. */
export const itemLaunched = (item: BatchItem): Step<BatchItem> =>
  item.state === 'launching' ? { next: { ...item, state: 'running' } } : { refused: 'settled' }

const isOpen = ({ state }: BatchItem): boolean => state === 'waiting' || state === 'launching' || state === 'running'

export type ItemEnd =
  | { readonly state: 'done'; readonly difference: Difference; readonly dollars: number }
  | { readonly state: 'failed'; readonly note: string; readonly dollars: number }
  | { readonly state: 'impossible'; readonly note: string }

/** An item ends once; who comes later finds it settled. */
export const endItem = (item: BatchItem, end: ItemEnd, at: Date): Step<BatchItem> =>
  isOpen(item) ? { next: { ...item, ...end, endedAt: iso(at) } } : { refused: 'settled' }

/** What became of the item when it was published or moved back. */
export const notePublication = (item: BatchItem, publication: Publication): Step<BatchItem> => ({
  next: { ...item, publication },
})
