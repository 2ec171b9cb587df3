import { z } from 'zod'

/** Has a delivery to a webhook tried. Told twice, what was delivered is not sent again. */
export const DeliveryMessage = z.strictObject({ tenant: z.string(), webhookId: z.string(), eventId: z.string() })
export type DeliveryMessage = z.infer<typeof DeliveryMessage>
