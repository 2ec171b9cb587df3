import { z } from 'zod'
import { Timestamp } from '../../analysis/scalars.ts'
import { type Collection, collection } from '../collection.ts'
import { operationsPartition, sortKeys } from '../item-keys.ts'
import { Tenant } from '../object-keys.ts'
import type { Table } from '../table.ts'
import { type DeadLetter, explainLetters, type Letter } from './dead-letters.ts'
import { type FailurePage, listFailures } from './failures.ts'
import { type Spending, spendingOf } from './spending.ts'
import { type Tally, tally } from './tally.ts'
import { analysesUnderWay, type UnderWay } from './under-way.ts'
import { type VersionsInUse, versionsInUse } from './versions-in-use.ts'

/** What somebody did from the operations page. */
export const OperationEvent = z.object({
  eventId: z.string(),
  at: Timestamp,
  actor: z.string(),
  action: z.string().regex(/^[a-z-]+\.[a-z-]+$/),
  statement: z.string(),
})
export type OperationEvent = z.infer<typeof OperationEvent>

/** What the operations page asks of one tenant's records. Each answer takes a bounded number of reads, and none a scan. */
export type OperationsStore = {
  readonly events: Collection<OperationEvent, { readonly eventId: string }>
  /** Up to `limit`, the newest first, older than the one with the id `before` (null: from the newest). */
  listEvents(limit: number, before: string | null): Promise<OperationEvent[]>
  underWay(): Promise<UnderWay>
  explainLetters(letters: readonly Letter[]): Promise<DeadLetter[]>
  failures(page: { readonly limit: number; readonly cursor: string | null }): Promise<FailurePage>
  /** What the analyses have cost that began on a day of UTC (`2026-05-04`). */
  spent(day: string, now: Date): Promise<Tally<Spending>>
  versions(now: Date): Promise<Tally<VersionsInUse>>
}

/** As `caseStore`: where keys get their tenant. Throws where `tenant` is none. */
export const operationsStore = (table: Table, tenant: string): OperationsStore => {
  Tenant.parse(tenant)
  const partition = operationsPartition(tenant)
  return {
    events: collection(table, OperationEvent, (id) => ({ pk: partition, sk: sortKeys.operation(id) })),
    listEvents: async (limit, before) => {
      const below = before === null ? null : sortKeys.operation({ eventId: before })
      return (await table.page(partition, below, limit)).map(({ record }) => OperationEvent.parse(record))
    },
    explainLetters: (letters) => explainLetters(table, tenant, letters),
    underWay: () => analysesUnderWay(table, tenant),
    failures: (page) => listFailures(table, tenant, page),
    spent: (day, now) => tally(table, spendingOf(tenant, day), now),
    versions: (now) => tally(table, versionsInUse(tenant), now),
  }
}
