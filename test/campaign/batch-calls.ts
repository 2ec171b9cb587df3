import type { BatchItem, BatchStatus } from '../../shared/cases/batches/batch.ts'
import type { BatchAction } from '../../shared/cases/batches/batch-transitions.ts'
import { BatchItems, BatchView, type CreateBatch } from '../../shared/cases/batches/reprocessing-api.ts'
import type { ReprocessingWorld } from './reprocessing-world.ts'

/** A batch of a world, by the calls of the API. */
export const batchOf = async ({ call, run, batches, world }: ReprocessingWorld, body: CreateBatch) => {
  const ok = (answer: { status?: number; body: unknown }): BatchView => {
    if (answer.status !== 200 && answer.status !== 201) throw new Error(JSON.stringify(answer.body))
    return BatchView.parse(answer.body)
  }
  const { batch } = ok(await call('POST', '/api/reprocessing', body))
  const path = `/api/reprocessing/${batch.batchId}`
  const view = async (): Promise<BatchView> => ok(await call('GET', path))
  return {
    batchId: batch.batchId,
    path,
    view,
    act: async (action: BatchAction): Promise<BatchView> => ok(await call('POST', `${path}/${action}`)),
    /** Lets the world go on until the batch has this status; throws if it does not come to it. */
    comesTo: async (status: BatchStatus, minutes?: number): Promise<BatchView> => {
      if (await run(async () => (await batches.batches.get(batch))?.status === status, minutes)) return view()
      throw new Error(`The batch does not come to ${status}: ${JSON.stringify(await view())}`)
    },
    /** Lets the world go on until so many items ended, or none is under way. */
    progresses: async (test: (progress: BatchView['progress']) => boolean): Promise<BatchView> => {
      let looked = 0
      const isSo = async (): Promise<boolean> => {
        if (world.ms < looked + 500) return false
        looked = world.ms
        return test((await view()).progress)
      }
      if (await run(isSo)) return view()
      throw new Error(`The batch does not go on: ${JSON.stringify(await view())}`)
    },
    items: async (): Promise<BatchItem[]> => {
      const all: BatchItem[] = []
      for (let cursor: string | undefined, more = true; more; ) {
        const page = BatchItems.parse((await call('GET', `${path}/items`, undefined, { limit: '200', cursor })).body)
        all.push(...page.items)
        cursor = page.nextCursor ?? undefined
        more = page.nextCursor !== null
      }
      return all
    },
  }
}

/** What `waiting` to `cancelled` add up to. */
export const sumOf = ({
  waiting,
  running,
  same,
  changed,
  failed,
  impossible,
  cancelled,
}: BatchView['progress']): number => waiting + running + same + changed + failed + impossible + cancelled
