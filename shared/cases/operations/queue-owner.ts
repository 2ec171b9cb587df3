import { z } from 'zod'
import { Stage } from '../stage.ts'

/**
 * Whose queues: of uploads' events, of a stage, of the pool stage's shards, of batches, of ends of analyses to be
 * announced, of requests to webhooks. Each owner has one dead-letter queue.
 */
export const QueueOwner = z.enum(['ingest', ...Stage.options, 'scan', 'reprocess', 'announce', 'webhooks'])
export type QueueOwner = z.infer<typeof QueueOwner>
