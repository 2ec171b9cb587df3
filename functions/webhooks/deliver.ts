import type { TenantStore } from '../../shared/cases/tenant-store.ts'
import { type DeliveryRecord, giveUpDelivery, nextAttempt, noteAttempt } from '../../shared/cases/webhooks/delivery.ts'
import { noteArrival, noteFailure, signingSecrets, type WebhookRecord } from '../../shared/cases/webhooks/webhook.ts'
import type { DeliveryMessage } from '../../shared/messages/delivery-message.ts'
import type { Post, Posted } from './post.ts'
import { signedHeaders } from './sign.ts'

export type DeliverPorts = {
  readonly tenantStore: (tenant: string) => TenantStore
  readonly post: Post
  readonly now: () => Date
}

/** `again`: it did not arrive and is to be tried in so many seconds. `dropped`: nobody wants it any more. */
export type Delivered =
  | { readonly end: 'delivered' | 'failed' | 'dropped' }
  | { readonly end: 'again'; readonly seconds: number; readonly note: string }

/**
 * One attempt to deliver an event. A receiver's failure is a result, which is written down and tried again for some 20
 * hours. Interrupted after the request and before the note, the request is made once more, under the same id.
 */
export const deliver = async (ports: DeliverPorts, message: DeliveryMessage): Promise<Delivered> => {
  const { webhookId } = message
  const { webhooks, deliveries } = ports.tenantStore(message.tenant)
  const [webhook, delivery] = await Promise.all([webhooks.get({ webhookId }), deliveries.get(message)])
  if (delivery === null || delivery.status !== 'waiting') return { end: 'dropped' }
  const isTest = delivery.event.type === 'webhook.test'
  if (webhook === null || (webhook.disabled !== null && !isTest)) {
    const note = `The webhook was ${webhook === null ? 'deleted' : 'disabled'} before it was sent.`
    await deliveries.change(message, (record) => giveUpDelivery(record, note))
    return { end: 'dropped' }
  }

  const posted = await send(ports, webhook, delivery)
  const at = ports.now()
  const answer = 'status' in posted ? posted.status : null
  const note = sentenceOf(posted)
  if (answer !== null && answer >= 200 && answer < 300) {
    await deliveries.change(message, (record) => noteAttempt(record, { status: 'delivered', answer, note }, at))
    if (webhook.failing !== null) await webhooks.change({ webhookId }, noteArrival)
    return { end: 'delivered' }
  }
  const gone = answer === 410
  const seconds = gone ? null : nextAttempt(delivery)
  const status = seconds === null ? 'failed' : 'waiting'
  await deliveries.change(message, (record) => noteAttempt(record, { status, answer, note }, at))
  if (!isTest) await webhooks.change({ webhookId }, (record) => noteFailure(record, { at, note, gone }))
  return seconds === null ? { end: 'failed' } : { end: 'again', seconds, note }
}

const send = ({ post, now }: DeliverPorts, webhook: WebhookRecord, { event }: DeliveryRecord): Promise<Posted> => {
  const body = JSON.stringify(event)
  const at = now()
  const secrets = signingSecrets(webhook, at)
  return post(webhook.url, signedHeaders(event.id, Math.floor(at.getTime() / 1000), body, secrets), body)
}

const sentenceOf = (posted: Posted): string => {
  if ('error' in posted) return posted.error
  const isRedirect = posted.status >= 300 && posted.status < 400
  return `The receiver answered ${posted.status}${isRedirect ? '; redirects are not followed' : ''}.`
}
