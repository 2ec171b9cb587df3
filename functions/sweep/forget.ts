import { forgetPartition } from '../../shared/cases/item-keys.ts'
import type { Table } from '../../shared/cases/table.ts'

/**
 * Removes up to `most` items that were to be kept only until now; how many it did. One that was written again meanwhile
 * stays.
 */
export const forget = async (table: Table, now: () => Date, most: number, withinMs: number): Promise<number> => {
  const start = now()
  let forgotten = 0
  for (const key of await table.due(forgetPartition, start.toISOString(), most)) {
    if (now().getTime() - start.getTime() >= withinMs) break
    const item = await table.get(key)
    if (item?.dueSk === undefined || item.dueSk > start.toISOString()) continue
    if (await table.remove(key, item.revision)) forgotten++
  }
  return forgotten
}
