import type { z } from 'zod'
import { Count } from '../analysis/scalars.ts'
import { StageMessage } from './stage-message.ts'

/** Has one shard of a divided stage worked on; goes through the queues of `scan`. */
export const ShardMessage = StageMessage.extend({ shard: Count })
export type ShardMessage = z.infer<typeof ShardMessage>
