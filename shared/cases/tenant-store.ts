import { type Collection, collection } from './collection.ts'
import { IdempotencyRecord } from './idempotency.ts'
import { idempotencyPartition, ratePartition, sortKeys } from './item-keys.ts'
import { Tenant } from './object-keys.ts'
import { RateRecord } from './rate.ts'
import type { Table } from './table.ts'

/** What one tenant has in the table besides its cases. */
export type TenantStore = {
  /** `key` is a SHA-256 in hexadecimal of what the client chose. */
  readonly idempotency: Collection<IdempotencyRecord, { readonly subject: string; readonly key: string }>
  /** Of one caller, or without a subject of all callers of the tenant. */
  readonly rates: Collection<RateRecord, { readonly subject: string | null }>
}

/** As `caseStore`: where keys get their tenant. Throws where `tenant` is none. */
export const tenantStore = (table: Table, tenant: string): TenantStore => {
  Tenant.parse(tenant)
  return {
    idempotency: collection(table, IdempotencyRecord, ({ subject, key }) => ({
      pk: idempotencyPartition(tenant, subject, key),
      sk: sortKeys.idempotency(),
    })),
    rates: collection(table, RateRecord, ({ subject }) => ({
      pk: ratePartition(tenant, subject),
      sk: sortKeys.rate(),
    })),
  }
}
