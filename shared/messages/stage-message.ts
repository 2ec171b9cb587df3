import { z } from 'zod'
import { Stage } from '../cases/stage.ts'

/** The one message that moves an analysis on: which stage to run for which analysis, and which attempt this is. */
export const StageMessage = z.strictObject({
  tenant: z.string(),
  caseId: z.string(),
  dumpId: z.string(),
  analysisId: z.string(),
  stage: Stage,
  attempt: z.number().int().positive(),
})
export type StageMessage = z.infer<typeof StageMessage>
