import type {
  ChangeWebhook,
  CreateWebhook,
  Delivery,
  DeliveryList,
  Webhook,
  WebhookList,
  WebhookWithSecret,
} from '../../../shared/cases/webhooks/webhook-api.ts'
import { call, carryOut, create, path } from '../api/client.ts'

export const listWebhooks = (signal: AbortSignal): Promise<WebhookList> => call(path('webhooks'), { signal })

export const createWebhook = (body: CreateWebhook): Promise<WebhookWithSecret> => create(path('webhooks'), { body })

export const changeWebhook = (webhookId: string, body: ChangeWebhook): Promise<Webhook> =>
  call(path('webhooks', webhookId), { method: 'PATCH', body })

export const deleteWebhook = (webhookId: string): Promise<void> =>
  carryOut(path('webhooks', webhookId), { method: 'DELETE' })

export const rotateSecret = (webhookId: string): Promise<WebhookWithSecret> =>
  call(path('webhooks', webhookId, 'rotate-secret'), { method: 'POST' })

export const testWebhook = (webhookId: string): Promise<Delivery> =>
  call(path('webhooks', webhookId, 'test'), { method: 'POST' })

export const sendAgain = (webhookId: string, eventId: string): Promise<Delivery> =>
  call(path('webhooks', webhookId, 'send-again'), { method: 'POST', body: { eventId } })

export const listDeliveries = (
  webhookId: string,
  cursor: string | null,
  signal: AbortSignal,
): Promise<DeliveryList> => {
  const query = new URLSearchParams({ limit: '10', ...(cursor === null ? {} : { cursor }) })
  return call(`${path('webhooks', webhookId, 'deliveries')}?${query}`, { signal })
}
