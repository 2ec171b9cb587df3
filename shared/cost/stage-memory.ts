import type { Stage } from '../cases/stage.ts'

/**
 * MB each stage's function has, which is what a second of it is paid by. 1,769 MB is one full vCPU; new accounts get at
 * most 3,008 MB.
 */
export const stageMemoryMb: Record<Stage, number> = {
  unpack: 1769,
  header: 1769,
  pool: 3008,
  imports: 1769,
  verdict: 1769,
}

/** The same for the function that calls webhooks. */
export const webhooksMemoryMb = 256

/** The same for a shard of the pool scan: one thread, and a few reads at once. */
export const scanMemoryMb = 1769
