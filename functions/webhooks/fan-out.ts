import type { TenantStore } from '../../shared/cases/tenant-store.ts'
import type { AnalysisEvent } from '../../shared/cases/webhooks/analysis-event.ts'
import { newDelivery } from '../../shared/cases/webhooks/delivery.ts'
import type { TellWebhook } from '../aws/webhook-queue.ts'

export type FanOutPorts = {
  readonly tenantStore: (tenant: string) => TenantStore
  readonly tellWebhook: TellWebhook
  readonly now: () => Date
}

/**
 * Gives each webhook of the tenant that wants the event a delivery of its own. May be repeated: a delivery that has been
 * tried is not begun again. Batches of old cases are not for webhooks: no case shows their analyses before the batch is
 * published, and there may be tens of thousands of them.
 */
export const fanOut = async ({ tenantStore, tellWebhook, now }: FanOutPorts, event: AnalysisEvent): Promise<void> => {
  const { tenant, batchId } = event.data
  if (batchId !== null) return
  const { listWebhooks, deliveries } = tenantStore(tenant)
  for (const { webhookId, events, disabled } of await listWebhooks()) {
    if (disabled !== null || !events.includes(event.type)) continue
    const id = { webhookId, eventId: event.id }
    const isNew = await deliveries.insert(id, newDelivery(webhookId, event, now()))
    const delivery = isNew ? null : await deliveries.get(id)
    if (isNew || (delivery?.status === 'waiting' && delivery.attempts === 0)) await tellWebhook({ tenant, ...id })
  }
}
