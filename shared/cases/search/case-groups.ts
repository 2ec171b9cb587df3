import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import { mostTries } from '../collection.ts'
import { timeOfId } from '../ids.ts'
import { groupListPartition, groupPartition, type Key, sortKeys } from '../item-keys.ts'
import type { CaseRecord } from '../records.ts'
import type { Item, Table } from '../table.ts'
import { partitionOf } from './search-terms.ts'

/** Cases of one cause: how many there are, and what they have in common. */
export const CaseGroup = z.object({
  signature: z.string(),
  cases: Count,
  /** There are more than `cases` says: nobody counts further. */
  more: z.boolean(),
  newestCaseId: z.string(),
  newestAt: Timestamp,
  /** Of the case that was counted last. */
  headline: z.string().nullable(),
  verdict: z.string().nullable(),
  driver: z.string().nullable(),
  driverVersion: z.string().nullable(),
  tag: z.string().nullable(),
  bugcheck: z.object({ code: z.string(), name: z.string().nullable() }).nullable(),
})
export type CaseGroup = z.infer<typeof CaseGroup>

const mostCounted = 1000

/**
 * Counts the cases of a signature afresh, from their entries, so that a count that went wrong is right again after the
 * next one. `example` is a case of the group, null when one has just left it. Of several that count at once, one whose
 * count is out of date finds the record changed and counts again. False where it was so each time: many cases of the
 * group change at this moment, and the count is for later.
 */
export const recountGroup = async (
  table: Table,
  tenant: string,
  signature: string,
  example: CaseRecord | null,
): Promise<boolean> => {
  const key: Key = { pk: groupPartition(tenant, signature), sk: sortKeys.group() }
  for (let tries = 0; tries < mostTries; tries++) {
    const item = await table.get(key)
    const before = item === null ? null : CaseGroup.parse(item.record)
    const entries = await table.page(
      partitionOf(tenant, { facet: 'signature', value: signature }),
      null,
      mostCounted + 1,
    )
    const newestCaseId = entries[0]?.sk ?? before?.newestCaseId
    if (newestCaseId === undefined) return true
    const shown = example ?? before
    const record: CaseGroup = {
      signature,
      cases: Math.min(entries.length, mostCounted),
      more: entries.length > mostCounted,
      newestCaseId,
      newestAt: new Date(timeOfId(newestCaseId)).toISOString(),
      headline: shown?.headline ?? null,
      verdict: shown?.verdict ?? null,
      driver: shown?.driver ?? null,
      driverVersion: shown?.driverVersion ?? null,
      tag: shown?.tag ?? null,
      bugcheck: shown?.bugcheck ?? null,
    }
    if (
      await table.put(
        { ...groupItem(tenant, key, record), revision: (item?.revision ?? 0) + 1 },
        item?.revision ?? null,
      )
    )
      return true
  }
  return false
}

/** Only a group of several is listed: those with most cases first, and among them the one with the newest. */
const groupItem = (tenant: string, key: Key, record: CaseGroup): Omit<Item, 'revision'> =>
  record.cases < 2
    ? { ...key, record }
    : {
        ...key,
        listPk: groupListPartition(tenant),
        listSk: `${String(record.cases).padStart(4, '0')}#${record.newestCaseId}`,
        record,
      }

export type GroupPage = { readonly groups: CaseGroup[]; readonly nextCursor: string | null }

/** Groups of two cases and more, the largest first. `cursor` is the `nextCursor` of the page before. */
export const listGroups = async (
  table: Table,
  tenant: string,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | null },
): Promise<GroupPage> => {
  const items = await table.list(groupListPartition(tenant), cursor, limit + 1)
  const shown = items.slice(0, limit)
  return {
    groups: shown.map(({ record }) => CaseGroup.parse(record)),
    nextCursor: items.length > limit ? (shown.at(-1)?.listSk ?? null) : null,
  }
}

/** The cases of one cause, null where no case has it. */
export const findGroup = async (table: Table, tenant: string, signature: string): Promise<CaseGroup | null> => {
  const item = await table.get({ pk: groupPartition(tenant, signature), sk: sortKeys.group() })
  return item === null ? null : CaseGroup.parse(item.record)
}
