import { type Collection, collection } from '../collection.ts'
import { batchListPartition, batchPartition, dueBatchPartition, parseBatchPartition } from '../item-keys.ts'
import { Tenant } from '../object-keys.ts'
import type { Table } from '../table.ts'
import { BatchItem, BatchRecord } from './batch.ts'

type BatchId = { readonly batchId: string }
export type ItemId = BatchId & { readonly dumpId: string }

/** The batches of one tenant. A batch and its items share a partition, and one query reads them. */
export type BatchStore = {
  readonly batches: Collection<BatchRecord, BatchId>
  readonly items: Collection<BatchItem, ItemId>
  /** All items of a batch, the oldest dump first. */
  itemsOf(batchId: string): Promise<BatchItem[]>
  /** Newest first, up to `limit`, older than the batch with the id `before` (null: from the newest). */
  list(limit: number, before: string | null): Promise<BatchRecord[]>
}

const itemPrefix = 'item#'

/** Throws where the tenant's name is none. */
export const batchStore = (table: Table, tenant: string): BatchStore => {
  Tenant.parse(tenant)
  const keyOf = ({ batchId }: BatchId) => ({ pk: batchPartition(tenant, batchId), sk: 'batch' })
  const itemKey = ({ batchId, dumpId }: ItemId) => ({
    pk: batchPartition(tenant, batchId),
    sk: `${itemPrefix}${dumpId}`,
  })
  return {
    batches: collection(table, BatchRecord, (id) => ({
      ...keyOf(id),
      listPk: batchListPartition(tenant),
      listSk: id.batchId,
    })),
    items: collection(table, BatchItem, itemKey),
    itemsOf: async (batchId) =>
      (await table.query(batchPartition(tenant, batchId), itemPrefix)).map(({ record }) => BatchItem.parse(record)),
    list: async (limit, before) => {
      const items = await table.list(batchListPartition(tenant), before, limit)
      return items.map(({ record }) => BatchRecord.parse(record))
    },
  }
}

/** The batches of all tenants whose step is overdue, the longest first. */
export const dueBatches = async (
  table: Table,
  now: Date,
  limit: number,
): Promise<{ tenant: string; batchId: string }[]> =>
  (await table.due(dueBatchPartition, now.toISOString(), limit))
    .map(({ pk }) => parseBatchPartition(pk))
    .filter((found) => found !== null)
