import type { BatchItem, BatchRecord } from '../../shared/cases/batches/batch.ts'
import { planTotals, progressOf, verdictMoves } from '../../shared/cases/batches/batch-progress.ts'
import { actionsOpenTo } from '../../shared/cases/batches/batch-transitions.ts'
import { ItemQuery } from '../../shared/cases/batches/reprocessing-api.ts'
import { Refuse } from './refuse.ts'

/** A batch as the fake API keeps it. */
export type FakeBatch = { readonly batch: BatchRecord; readonly items: readonly BatchItem[] }

/** What is told of batches. Nothing of the fake works on one: a test puts it into the state it wants. */
export const fakeReprocessing = (
  batches: ReadonlyMap<string, FakeBatch>,
  path: readonly string[],
  query: URLSearchParams,
): [number, unknown] => {
  const [batchId, part] = path
  if (batchId === undefined)
    return [200, { batches: [...batches.values()].map(({ batch }) => batch), nextCursor: null }]
  const known = batches.get(batchId)
  if (known === undefined) throw new Refuse(404, 'There is no such batch.')
  const { batch, items } = known
  if (part === 'items') {
    const { show } = ItemQuery.parse(Object.fromEntries(query))
    const shown = items.filter(({ difference }) => show === 'all' || difference?.changed === (show === 'changed'))
    return [200, { items: shown, nextCursor: null }]
  }
  const view = {
    batch,
    plan: planTotals(items, batch.settings),
    progress: progressOf(items, batch.status),
    verdicts: verdictMoves(items),
    actions: actionsOpenTo(batch.status),
  }
  return [200, view]
}
