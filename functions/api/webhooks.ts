import { newDelivery, sendAgain } from '../../shared/cases/webhooks/delivery.ts'
import {
  disableWebhook,
  enableWebhook,
  mostWebhooks,
  rotateSecret,
  type WebhookRecord,
} from '../../shared/cases/webhooks/webhook.ts'
import {
  ChangeWebhook,
  CreateWebhook,
  Delivery,
  DeliveryList,
  DeliveryPage,
  SendAgain,
  Webhook,
  WebhookList,
  WebhookWithSecret,
  webhookView,
} from '../../shared/cases/webhooks/webhook-api.ts'
import { reachesLoopback, whyNoTarget } from '../webhooks/target.ts'
import type { ApiPorts } from './ports.ts'
import { badRequest, conflict, notFound } from './problem.ts'
import { type ApiRequest, route } from './route.ts'

type Request = ApiRequest<unknown, unknown>

const find = async ({ tenant, path: { webhookId } }: Request, ports: ApiPorts): Promise<WebhookRecord> => {
  const webhook = await ports.tenantStore(tenant).webhooks.get({ webhookId })
  if (webhook === null) throw notFound('webhook')
  return webhook
}

const checkTarget = (url: string): void => {
  const problem = whyNoTarget(url, reachesLoopback())
  if (problem !== null) throw badRequest('webhook-address', problem)
}

/** Addresses that hear of a tenant's analyses. Nothing is called from here: a queue has a function of its own do that. */
export const webhookRoutes = [
  route({
    method: 'POST',
    path: '/webhooks',
    permission: 'tenant:write',
    summary: 'Add a webhook; the secret that signs its requests is told this once',
    status: 201,
    body: CreateWebhook,
    response: WebhookWithSecret,
    answersSecret: true,
    run: async ({ tenant, caller, body }, ports) => {
      checkTarget(body.url)
      const store = ports.tenantStore(tenant)
      if ((await store.listWebhooks()).length >= mostWebhooks)
        throw conflict('too-many-webhooks', `A tenant has at most ${mostWebhooks} webhooks. Delete one first.`)
      const webhook: WebhookRecord = {
        webhookId: ports.newId('webhook'),
        ...body,
        createdAt: ports.now().toISOString(),
        createdBy: caller.subject,
        secret: ports.newWebhookSecret(),
        previous: null,
        failing: null,
        disabled: null,
      }
      await store.webhooks.insert(webhook, webhook)
      return { value: { webhook: webhookView(webhook), secret: webhook.secret } }
    },
  }),
  route({
    method: 'GET',
    path: '/webhooks',
    permission: 'tenant:write',
    summary: 'The webhooks of the tenant, newest first',
    status: 200,
    response: WebhookList,
    run: async ({ tenant }, ports) => {
      const webhooks = await ports.tenantStore(tenant).listWebhooks()
      return { value: { webhooks: webhooks.map(webhookView) } }
    },
  }),
  route({
    method: 'PATCH',
    path: '/webhooks/{webhookId}',
    permission: 'tenant:write',
    summary: 'Change a webhook, disable it or enable it again',
    status: 200,
    body: ChangeWebhook,
    response: Webhook,
    run: async ({ tenant, caller, path: { webhookId }, body: { enabled, ...given } }, ports) => {
      if (given.url !== undefined) checkTarget(given.url)
      const { webhooks } = ports.tenantStore(tenant)
      const by = { at: ports.now().toISOString(), by: caller.subject, reason: 'It was disabled by hand.' }
      const changed = await webhooks.change({ webhookId }, (record) => {
        const turned = enabled ? enableWebhook(record) : disableWebhook(record, by)
        return { next: { ...(enabled === undefined || turned.refused ? record : turned.next), ...given } }
      })
      if (changed.record === null) throw notFound('webhook')
      return { value: webhookView(changed.record) }
    },
  }),
  route({
    method: 'DELETE',
    path: '/webhooks/{webhookId}',
    permission: 'tenant:write',
    summary: 'Delete a webhook with its secret; nothing more is sent to it',
    status: 204,
    run: async (request, ports) => {
      const { webhookId } = await find(request, ports)
      await ports.tenantStore(request.tenant).removeWebhook(webhookId)
      return { empty: true }
    },
  }),
  route({
    method: 'POST',
    path: '/webhooks/{webhookId}/rotate-secret',
    permission: 'tenant:write',
    summary: 'Give a webhook a new secret, told this once; the old one signs beside it for a day',
    status: 200,
    response: WebhookWithSecret,
    answersSecret: true,
    run: async ({ tenant, path: { webhookId } }, ports) => {
      const { webhooks } = ports.tenantStore(tenant)
      const secret = ports.newWebhookSecret()
      const rotated = await webhooks.change({ webhookId }, (record) => rotateSecret(record, secret, ports.now()))
      if (rotated.record === null) throw notFound('webhook')
      return { value: { webhook: webhookView(rotated.record), secret } }
    },
  }),
  route({
    method: 'POST',
    path: '/webhooks/{webhookId}/test',
    permission: 'tenant:write',
    summary: 'Send a webhook an event of the type webhook.test, once; its delivery tells how it went',
    status: 200,
    response: Delivery,
    run: async (request, ports) => {
      const { tenant } = request
      const { webhookId } = await find(request, ports)
      const at = ports.now()
      const id = ports.newId('event')
      const data = { tenant, webhookId }
      const event = { id, type: 'webhook.test' as const, timestamp: at.toISOString(), data }
      const delivery = newDelivery(webhookId, event, at)
      await ports.tenantStore(tenant).deliveries.insert({ webhookId, eventId: id }, delivery)
      await ports.tellWebhook({ tenant, webhookId, eventId: id })
      return { value: delivery }
    },
  }),
  route({
    method: 'GET',
    path: '/webhooks/{webhookId}/deliveries',
    permission: 'tenant:write',
    summary: 'What was sent to a webhook in the last 30 days, newest first, and how it went',
    status: 200,
    query: DeliveryPage,
    response: DeliveryList,
    run: async (request, ports) => {
      const { limit, cursor } = request.query
      const { webhookId } = await find(request, ports)
      const page = { limit: limit + 1, before: cursor ?? null }
      const found = await ports.tenantStore(request.tenant).deliveriesOf(webhookId, page)
      const deliveries = found.slice(0, limit)
      const nextCursor = found.length > limit ? (deliveries.at(-1)?.event.id ?? null) : null
      return { value: { deliveries, nextCursor } }
    },
  }),
  route({
    method: 'POST',
    path: '/webhooks/{webhookId}/send-again',
    permission: 'tenant:write',
    summary: 'Send an event to a webhook once more, under the same id',
    status: 200,
    body: SendAgain,
    response: Delivery,
    run: async (request, ports) => {
      const { tenant, body } = request
      const { webhookId, disabled } = await find(request, ports)
      if (disabled !== null) throw conflict('webhook-disabled', 'The webhook is disabled. Enable it first.')
      const id = { webhookId, eventId: body.eventId }
      const changed = await ports.tenantStore(tenant).deliveries.change(id, sendAgain)
      if (changed.refused === 'absent') throw notFound('event sent to this webhook')
      if (changed.refused !== undefined) throw conflict('being-sent', 'It is still being tried.')
      await ports.tellWebhook({ tenant, ...id })
      return { value: changed.record }
    },
  }),
]
