import { type Collection, collection } from './collection.ts'
import { deliveryPartition, idempotencyPartition, ratePartition, sortKeys, webhookPartition } from './item-keys.ts'
import { IdempotencyRecord } from './limits/idempotency.ts'
import { RateRecord } from './limits/rate.ts'
import { Tenant } from './object-keys.ts'
import type { OlderPage } from './store.ts'
import type { Table } from './table.ts'
import { DeliveryRecord } from './webhooks/delivery.ts'
import { WebhookRecord } from './webhooks/webhook.ts'

/** What one tenant has in the table besides its cases. */
export type TenantStore = {
  /** `key` is a SHA-256 in hexadecimal of what the client chose. */
  readonly idempotency: Collection<IdempotencyRecord, { readonly subject: string; readonly key: string }>
  /** Of one caller, or without a subject of all callers of the tenant. */
  readonly rates: Collection<RateRecord, { readonly subject: string | null }>
  readonly webhooks: Collection<WebhookRecord, { readonly webhookId: string }>
  readonly deliveries: Collection<DeliveryRecord, { readonly webhookId: string; readonly eventId: string }>
  /** All webhooks, newest first: they are few. */
  listWebhooks(): Promise<WebhookRecord[]>
  /** Removes a webhook, and with it its secrets; one that is not there is no error. */
  removeWebhook(webhookId: string): Promise<void>
  /** What was sent to a webhook, newest first. */
  deliveriesOf(webhookId: string, page: OlderPage): Promise<DeliveryRecord[]>
}

/** As `caseStore`: where keys get their tenant. Throws where `tenant` is none. */
export const tenantStore = (table: Table, tenant: string): TenantStore => {
  Tenant.parse(tenant)
  const webhookKey = (id: { webhookId: string }) => ({ pk: webhookPartition(tenant), sk: sortKeys.webhook(id) })
  return {
    idempotency: collection(table, IdempotencyRecord, ({ subject, key }) => ({
      pk: idempotencyPartition(tenant, subject, key),
      sk: sortKeys.idempotency(),
    })),
    rates: collection(table, RateRecord, ({ subject }) => ({
      pk: ratePartition(tenant, subject),
      sk: sortKeys.rate(),
    })),
    webhooks: collection(table, WebhookRecord, webhookKey),
    deliveries: collection(table, DeliveryRecord, ({ webhookId, eventId }) => ({
      pk: deliveryPartition(tenant, webhookId),
      sk: sortKeys.delivery({ eventId }),
    })),
    listWebhooks: async () => {
      const items = await table.query(webhookPartition(tenant))
      return items.map(({ record }) => WebhookRecord.parse(record)).reverse()
    },
    removeWebhook: async (webhookId) => void (await table.remove(webhookKey({ webhookId }), Number.MAX_SAFE_INTEGER)),
    deliveriesOf: async (webhookId, { limit, before }) => {
      const below = before === null ? null : sortKeys.delivery({ eventId: before })
      const items = await table.page(deliveryPartition(tenant, webhookId), below, limit)
      return items.map(({ record }) => DeliveryRecord.parse(record))
    },
  }
}
