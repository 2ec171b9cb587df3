import { z } from 'zod'
import { Lane } from '../cases/lane.ts'
import { Stage } from '../cases/stage.ts'
import { TraceId } from '../cases/trace.ts'

/** The one message that moves an analysis on: which stage to run for which analysis, and which attempt this is. */
export const StageMessage = z.strictObject({
  tenant: z.string(),
  caseId: z.string(),
  dumpId: z.string(),
  analysisId: z.string(),
  stage: Stage,
  attempt: z.number().int().positive(),
  /** Which of the stage's queues it goes through, and those of the stages after it. */
  lane: Lane.default('normal'),
  traceId: TraceId.nullable().default(null),
})
export type StageMessage = z.infer<typeof StageMessage>
