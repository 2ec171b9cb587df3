import { z } from 'zod'
import type { Cost } from '../../analysis/analysis.ts'
import { Count } from '../../analysis/scalars.ts'
import { spentPartition } from '../item-keys.ts'
import { ShardRecord, StageRecord } from '../records.ts'
import { Stage } from '../stage.ts'
import type { TallyOf } from './tally.ts'

/** Whose function did the work: a stage's, or the one of the shards. */
export const Worker = z.enum([...Stage.options, 'scan'])
export type Worker = z.infer<typeof Worker>

/** What work took together, as the stages' records count it. */
export const Spent = z.object({ pieces: Count, milliseconds: z.number(), bytesRead: z.number(), reads: z.number() })
export type Spent = z.infer<typeof Spent>

export const Spending = z.partialRecord(Worker, Spent)
export type Spending = z.infer<typeof Spending>

/**
 * What the analyses that began on a day have cost so far. A divided pool stage's record has the cost of its shards in
 * it; theirs is taken out of it again, for another function did their work.
 */
export const spendingOf = (tenant: string, day: string): TallyOf<Spending> => ({
  listPk: spentPartition(tenant, day),
  schema: Spending,
  empty: {},
  add: (sums, entry) => {
    const shard = ShardRecord.safeParse(entry).data
    if (shard !== undefined)
      return plus(plus(sums, 'scan', shard.cost), shard.stage, shard.cost, { pieces: 0, times: -1 })
    const { stage, cost } = StageRecord.parse(entry)
    return plus(sums, stage, cost)
  },
})

const nothing: Spent = { pieces: 0, milliseconds: 0, bytesRead: 0, reads: 0 }

const plus = (
  sums: Spending,
  worker: Worker,
  cost: Cost | null,
  { pieces, times }: { pieces: number; times: 1 | -1 } = { pieces: 1, times: 1 },
): Spending => {
  if (cost === null) return sums
  const before = sums[worker] ?? nothing
  const after: Spent = {
    pieces: before.pieces + pieces,
    milliseconds: before.milliseconds + times * cost.milliseconds,
    bytesRead: before.bytesRead + times * cost.bytesRead,
    reads: before.reads + times * cost.reads,
  }
  return { ...sums, [worker]: after }
}
