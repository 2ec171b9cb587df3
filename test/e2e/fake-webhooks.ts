import { randomUUID } from 'node:crypto'
import { newDelivery, sendAgain } from '../../shared/cases/webhooks/delivery.ts'
import {
  ChangeWebhook,
  CreateWebhook,
  type Delivery,
  SendAgain,
  type Webhook,
} from '../../shared/cases/webhooks/webhook-api.ts'

export type FakeWebhook = { webhook: Webhook; deliveries: Delivery[] }

type Asked = {
  readonly method: string
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly body: unknown
  readonly subject: string
}

/** The API's answers about webhooks. What is sent is on its way until a test says how it went. */
export const fakeWebhooks = (webhooks: FakeWebhook[], asked: Asked): [number, unknown] => {
  const { method, body, subject, query } = asked
  const [webhookId, action] = asked.path
  const at = new Date()
  const secret = `whsec_${'c2VjcmV0'.repeat(5)}`
  if (webhookId === undefined) {
    if (method === 'GET') return [200, { webhooks: webhooks.map(({ webhook }) => webhook) }]
    const given = CreateWebhook.parse(body)
    if (!given.url.startsWith('https://')) return [400, problem('The address must begin with https://.')]
    const webhook: Webhook = {
      ...given,
      webhookId: `webhook_${randomUUID()}`,
      createdAt: at.toISOString(),
      createdBy: subject,
      failing: null,
      disabled: null,
      secretUntil: null,
    }
    webhooks.unshift({ webhook, deliveries: [] })
    return [201, { webhook, secret }]
  }
  const index = webhooks.findIndex(({ webhook }) => webhook.webhookId === webhookId)
  const known = webhooks[index]
  if (known === undefined) return [404, problem('There is no webhook with this id.')]
  if (method === 'DELETE') {
    webhooks.splice(index, 1)
    return [204, undefined]
  }
  if (method === 'PATCH') {
    const { enabled, ...given } = ChangeWebhook.parse(body)
    const disabled = { at: at.toISOString(), by: subject, reason: 'It was disabled by hand.' }
    known.webhook = { ...known.webhook, ...given, disabled: enabled === false ? disabled : null, failing: null }
    return [200, known.webhook]
  }
  if (action === 'rotate-secret') {
    known.webhook = { ...known.webhook, secretUntil: new Date(at.getTime() + 86_400_000).toISOString() }
    return [200, { webhook: known.webhook, secret }]
  }
  if (action === 'test') {
    const event = { id: `event_${'0'.repeat(25)}${known.deliveries.length}`, timestamp: at.toISOString() }
    const data = { tenant: 'default', webhookId }
    known.deliveries.unshift(newDelivery(webhookId, { ...event, type: 'webhook.test', data }, at))
    return [200, known.deliveries[0]]
  }
  if (action === 'send-again') {
    const { eventId } = SendAgain.parse(body)
    const which = known.deliveries.findIndex(({ event }) => event.id === eventId)
    const again = sendAgain({ ...known.deliveries[which], forgetAt: at.toISOString() })
    if (again.refused === undefined) known.deliveries[which] = again.next
    return [200, known.deliveries[which]]
  }
  const from = known.deliveries.findIndex(({ event }) => event.id === query.get('cursor')) + 1
  const limit = Number(query.get('limit'))
  const deliveries = known.deliveries.slice(from, from + limit)
  const hasMore = known.deliveries.length > from + limit
  return [200, { deliveries, nextCursor: hasMore ? deliveries.at(-1)?.event.id : null }]
}

const problem = (detail: string) => ({ type: 'urn:dumpline:fake', title: 'Refused', status: 400, detail })
