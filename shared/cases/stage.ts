import { z } from 'zod'

/** The stages of an analysis, in order. The first is there only where the upload is an archive still to be unpacked. */
export const Stage = z.enum(['unpack', 'header', 'pool', 'imports', 'verdict'])
export type Stage = z.infer<typeof Stage>

export const stages: readonly Stage[] = Stage.options

/** What every analysis consists of. */
export const analysisStages: readonly Stage[] = stages.filter((stage) => stage !== 'unpack')

/**
 * Stages whose failure leaves nothing to go on with: no later stage works without a dump and its header, and none
 * follows the verdict.
 */
export const essentialStages: readonly Stage[] = ['unpack', 'header', 'verdict']
