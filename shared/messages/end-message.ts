import { z } from 'zod'

/** An analysis has ended, and whoever listens is to hear of it. Told twice, it is announced once or twice under one id. */
export const EndMessage = z.strictObject({
  tenant: z.string(),
  caseId: z.string(),
  dumpId: z.string(),
  analysisId: z.string(),
})
export type EndMessage = z.infer<typeof EndMessage>
