import { z } from 'zod'

/** The one message that moves a batch on: work on it a step. Told twice, the second step finds nothing due. */
export const BatchMessage = z.strictObject({ tenant: z.string(), batchId: z.string() })
export type BatchMessage = z.infer<typeof BatchMessage>
