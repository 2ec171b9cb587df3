import { z } from 'zod'

/**
 * How urgent an analysis is: `interactive` for a person who waits, `normal` for automation, `reprocessing` for old
 * cases done again in batches. Each stage has a queue for each lane, so that a batch never delays a person.
 */
export const Lane = z.enum(['interactive', 'normal', 'reprocessing'])
export type Lane = z.infer<typeof Lane>

export const lanes: readonly Lane[] = Lane.options
