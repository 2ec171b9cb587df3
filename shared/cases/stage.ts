import { z } from 'zod'

/** The stages of an analysis, in order. */
export const Stage = z.enum(['header', 'pool', 'imports', 'verdict'])
export type Stage = z.infer<typeof Stage>

export const stages: readonly Stage[] = Stage.options

/** Stages whose failure leaves nothing to go on with: no later stage works without a header, and none follows the verdict. */
export const essentialStages: readonly Stage[] = ['header', 'verdict']
