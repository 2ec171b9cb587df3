import { z } from 'zod'
import { EventId } from './analysis-event.ts'
import { DeliveryRecord } from './delivery.ts'
import { WebhookEventType, WebhookRecord } from './webhook.ts'

/**
 * Bodies of the HTTP API about webhooks, for administrators:
 *
 *   POST   /api/webhooks                              CreateWebhook → 201 WebhookWithSecret
 *   GET    /api/webhooks                                            → WebhookList, newest first
 *   PATCH  /api/webhooks/{id}                         ChangeWebhook → Webhook
 *   DELETE /api/webhooks/{id}                                       → 204
 *   POST   /api/webhooks/{id}/rotate-secret                         → WebhookWithSecret
 *   POST   /api/webhooks/{id}/test                                  → Delivery
 *   GET    /api/webhooks/{id}/deliveries?limit&cursor               → DeliveryList, newest first
 *   POST   /api/webhooks/{id}/send-again              SendAgain     → Delivery
 */
const url = z.url().max(2000)
const description = z.string().trim().max(200)
const events = z
  .array(WebhookEventType)
  .min(1)
  .max(WebhookEventType.options.length)
  .refine((given) => new Set(given).size === given.length, 'names an event twice')

export const CreateWebhook = z.strictObject({
  /** Where events are sent by POST: https, on the public internet. */
  url,
  description: description.default(''),
  events: events.default(['analysis.finished', 'analysis.failed']),
})
export type CreateWebhook = z.input<typeof CreateWebhook>

export const ChangeWebhook = z
  .strictObject({
    url: url.optional(),
    description: description.optional(),
    events: events.optional(),
    /** False: nothing is sent any more, until it is true again. What happens meanwhile is not made up for. */
    enabled: z.boolean().optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'changes nothing')
export type ChangeWebhook = z.input<typeof ChangeWebhook>

/** A webhook as it is shown. `secretUntil`: until when the secret before the last rotation signs beside the new one. */
export const Webhook = WebhookRecord.omit({ secret: true, previous: true }).extend({
  secretUntil: z.string().nullable(),
})
export type Webhook = z.infer<typeof Webhook>

/** The secret is told here and never again. */
export const WebhookWithSecret = z.object({ webhook: Webhook, secret: z.string() })
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>

export const WebhookList = z.object({ webhooks: z.array(Webhook) })
export type WebhookList = z.infer<typeof WebhookList>

export const Delivery = DeliveryRecord.omit({ forgetAt: true })
export type Delivery = z.infer<typeof Delivery>

export const DeliveryPage = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: EventId.optional(),
})

export const DeliveryList = z.object({ deliveries: z.array(Delivery), nextCursor: z.string().nullable() })
export type DeliveryList = z.infer<typeof DeliveryList>

export const SendAgain = z.strictObject({ eventId: EventId })

/** A webhook without its secrets. */
export const webhookView = ({ secret: _, previous, ...shown }: WebhookRecord): Webhook => ({
  ...shown,
  secretUntil: previous?.until ?? null,
})
