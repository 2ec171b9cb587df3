import type { z } from 'zod'
import {
  type DueKey,
  dueBatchPartition,
  duePartition,
  dueRetentionPartition,
  forgetPartition,
  type Key,
  type ListKey,
} from './item-keys.ts'
import type { Table } from './table.ts'
import type { Refusal, Step } from './transitions.ts'

/** The outcome of a change: the record as it now stands, and why it was not changed if it was not. */
export type Changed<R> =
  | { readonly record: R; readonly refused?: never }
  | { readonly record: R | null; readonly refused: Refusal }

/** The records of one kind. `Id` is what, beside the tenant, makes the key. */
export type Collection<R, Id> = {
  get(id: Id): Promise<R | null>
  /** False when there is one already; nothing is written then. */
  insert(id: Id, record: R): Promise<boolean>
  /**
   * Reads, lets `step` decide, and writes if the record is still the one that was read; otherwise reads again. A step
   * may so be asked more than once and must not do anything by itself.
   */
  change(id: Id, step: (record: R) => Step<R>): Promise<Changed<R>>
}

/** Two writers of one record are rare and three rarer; more losses in a row than this are a defect. */
export const mostTries = 8

export const lostEveryTime = ({ pk, sk }: Key): Error =>
  new Error(`The record ${pk} ${sk} changed under each of ${mostTries} attempts to write it.`)

export const collection = <R, Id>(
  table: Table,
  schema: z.ZodType<R>,
  keyOf: (id: Id) => Key & Partial<ListKey>,
  /** The place in a list that a record has because of what it says now. */
  placeOf: (record: R) => Partial<ListKey> = () => ({}),
): Collection<R, Id> => ({
  get: async (id) => {
    const item = await table.get(keyOf(id))
    return item === null ? null : schema.parse(item.record)
  },
  insert: (id, record) => table.put({ ...keyOf(id), ...placeOf(record), ...dueKey(record), revision: 1, record }, null),
  change: async (id, step) => {
    const key = keyOf(id)
    for (let tries = 0; tries < mostTries; tries++) {
      const item = await table.get(key)
      if (item === null) return { record: null, refused: 'absent' }
      const record = schema.parse(item.record)
      const decided = step(record)
      if (decided.refused !== undefined) return { record, refused: decided.refused }
      const { next } = decided
      const place = { ...key, ...placeOf(next), ...dueKey(next) }
      if (await table.put({ ...place, revision: item.revision + 1, record: next }, item.revision))
        return { record: next }
    }
    throw lostEveryTime(key)
  },
})

/** When the sweep looks at a record or removes it, or the next step of a batch is due. Without a time it is not in the index. */
export const dueKey = (record: unknown): Partial<DueKey> => {
  type Times = { sweepAt?: string | null; stepAt?: string | null; forgetAt?: string; retainAt?: string | null }
  const { sweepAt, stepAt, forgetAt, retainAt } = record as Times
  if (typeof forgetAt === 'string') return { duePk: forgetPartition, dueSk: forgetAt }
  if (typeof retainAt === 'string') return { duePk: dueRetentionPartition, dueSk: retainAt }
  if (typeof stepAt === 'string') return { duePk: dueBatchPartition, dueSk: stepAt }
  return typeof sweepAt === 'string' ? { duePk: duePartition, dueSk: sweepAt } : {}
}
