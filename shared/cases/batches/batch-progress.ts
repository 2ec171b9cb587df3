import { z } from 'zod'
import { Count } from '../../analysis/scalars.ts'
import type { BatchItem, BatchStatus } from './batch.ts'

/**
 * How far a batch is, counted from its items each time it is asked. `waiting` to `cancelled` add up to `items`. What
 * waited when the batch was cancelled is cancelled; nothing has to be written for that.
 */
export const Progress = z.object({
  items: Count,
  waiting: Count,
  running: Count,
  same: Count,
  changed: Count,
  failed: Count,
  impossible: Count,
  cancelled: Count,
  culpritChanged: Count,
  published: Count,
  kept: Count,
  movedBack: Count,
  /** Dollars, of what ended. */
  spent: z.number(),
})
export type Progress = z.infer<typeof Progress>

/** What a plan comes to. */
export const PlanTotals = z.object({
  dumps: Count,
  cases: Count,
  bytes: Count,
  /** Cannot be done: the dump is gone, say. They are among `dumps`, and nothing else counts them. */
  impossible: Count,
  /** Were refused by the earlier engine, which could not read them. */
  refused: Count,
  /** Dollars. */
  estimatedDollars: z.number(),
  /** At the batch's rate and concurrency. */
  estimatedSeconds: Count,
  /** How many dumps begin at each stage. */
  beginAt: z.record(z.string(), Count),
})
export type PlanTotals = z.infer<typeof PlanTotals>

/** How the verdicts moved: from (a verdict, or `none`) to how many of each. */
export const VerdictMoves = z.array(z.object({ from: z.string(), to: z.string(), dumps: Count }))
export type VerdictMoves = z.infer<typeof VerdictMoves>

const count = (items: readonly BatchItem[], test: (item: BatchItem) => unknown): number =>
  items.reduce((sum, item) => (test(item) ? sum + 1 : sum), 0)

/** How far a batch is, counted from its items; `spent` in dollars. */
export const progressOf = (items: readonly BatchItem[], status: BatchStatus): Progress => {
  const waiting = count(items, ({ state }) => state === 'waiting')
  const isOver = over.includes(status)
  return {
    items: items.length,
    waiting: isOver ? 0 : waiting,
    running: count(items, isUnderWay),
    same: count(items, ({ state, difference }) => state === 'done' && !difference?.changed),
    changed: count(items, ({ state, difference }) => state === 'done' && difference?.changed),
    failed: count(items, ({ state }) => state === 'failed'),
    impossible: count(items, ({ state }) => state === 'impossible'),
    cancelled: isOver ? waiting : 0,
    culpritChanged: count(items, ({ difference }) => difference?.culpritChanged),
    published: count(items, ({ publication }) => publication?.state === 'published'),
    kept: count(items, ({ publication }) => publication?.state === 'kept'),
    movedBack: count(items, ({ publication }) => publication?.state === 'moved-back'),
    spent: items.reduce((sum, { dollars }) => sum + (dollars ?? 0), 0),
  }
}

/** In these nothing is begun any more: what waits was cancelled. */
const over: readonly BatchStatus[] = ['done', 'cancelled', 'publishing', 'published', 'moving-back', 'moved-back']

/** Whether its analysis has been begun and has not ended, as far as the batch knows. */
export const isUnderWay = ({ state }: BatchItem): boolean => state === 'launching' || state === 'running'

/** What a plan comes to. Dollars and seconds are of the dumps that can be done again, at the batch's pace. */
export const planTotals = (
  items: readonly BatchItem[],
  { perMinute, concurrency }: { readonly perMinute: number; readonly concurrency: number },
): PlanTotals => {
  const possible = items.filter((item) => item.possible)
  const sum = (value: (item: BatchItem) => number): number => possible.reduce((total, item) => total + value(item), 0)
  const working = sum(({ estimate }) => estimate.milliseconds) / 1000 / concurrency
  const beginAt: Record<string, number> = {}
  for (const item of possible) beginAt[item.beginAt] = (beginAt[item.beginAt] ?? 0) + 1
  return {
    dumps: items.length,
    cases: new Set(items.map(({ caseId }) => caseId)).size,
    bytes: items.reduce((total, { bytes }) => total + bytes, 0),
    impossible: items.length - possible.length,
    refused: count(items, ({ refused }) => refused),
    estimatedDollars: sum(({ estimate }) => estimate.dollars),
    estimatedSeconds: Math.ceil(Math.max(working, (possible.length / perMinute) * 60)),
    beginAt,
  }
}

/** How many dumps moved from which verdict to which, the commonest move first. */
export const verdictMoves = (items: readonly BatchItem[]): VerdictMoves => {
  const moves = new Map<string, { from: string; to: string; dumps: number }>()
  for (const { difference } of items) {
    if (difference === null) continue
    const [from, to] = [difference.verdict.from ?? 'none', difference.verdict.to ?? 'none']
    const row = moves.get(`${from} ${to}`) ?? { from, to, dumps: 0 }
    moves.set(`${from} ${to}`, { ...row, dumps: row.dumps + 1 })
  }
  return [...moves.values()].sort((a, b) => b.dumps - a.dumps || (a.from + a.to < b.from + b.to ? -1 : 1))
}
