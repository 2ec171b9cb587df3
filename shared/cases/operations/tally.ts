import { z } from 'zod'
import { tallyKey } from '../item-keys.ts'
import type { Item, Table } from '../table.ts'

/**
 * Sums over a list of the index `case-list` that only grows at its new end. What has been summed up is kept in an item of
 * its own, with the place it goes up to, so that each entry is read once and then never again, and nothing has to be
 * counted while work is done. Whoever asks carries the sum on.
 */
export type TallyOf<S> = {
  readonly listPk: string
  readonly schema: z.ZodType<S>
  readonly empty: S
  readonly add: (sums: S, entry: unknown) => S
}

/** `behind`: more entries wait than one look takes; the next one goes on. */
export type Tally<S> = { readonly sums: S; readonly behind: boolean }

/** Entries one look reads. */
export const mostRead = 2000

/** An entry may appear this much later than its key says: its writer tried again, or the index lagged. */
const settlesWithinMs = 15 * 60_000

/**
 * The sums over the whole list. Entries of the last minutes are counted each time anew: others may still appear before
 * them.
 */
export const tally = async <S>(
  table: Table,
  { listPk, schema, empty, add }: TallyOf<S>,
  now: Date,
): Promise<Tally<S>> => {
  const key = tallyKey(listPk)
  const kept = await table.get(key)
  const before = kept === null ? { upTo: null, sums: empty } : Kept(schema).parse(kept.record)
  const entries = await table.listUp(listPk, before.upTo, mostRead)
  const settledBefore = new Date(now.getTime() - settlesWithinMs).toISOString()
  const fresh = entries.findIndex(({ listSk = '' }) => listSk >= settledBefore)
  const settled = fresh === -1 ? entries : entries.slice(0, fresh)
  const sums = summed(settled, before.sums, add)
  if (settled.length > 0) {
    const record = { upTo: settled[settled.length - 1].listSk, sums }
    // Whoever was quicker has summed up the same entries.
    await table.put({ ...key, revision: (kept?.revision ?? 0) + 1, record }, kept?.revision ?? null)
  }
  return { sums: summed(entries.slice(settled.length), sums, add), behind: entries.length === mostRead }
}

const Kept = <S>(schema: z.ZodType<S>) => z.object({ upTo: z.string().nullable(), sums: schema })

const summed = <S>(entries: readonly Item[], sums: S, add: TallyOf<S>['add']): S =>
  entries.reduce((sum, { record }) => add(sum, record), sums)
