import { z } from 'zod'
import { Count } from './scalars.ts'

/** Objects of one type and handles to them, over the whole machine. */
export const ObjectUse = z.object({
  tag: z.string(),
  name: z.string(),
  objects: Count,
  handles: Count,
  mostObjects: Count,
})
export type ObjectUse = z.infer<typeof ObjectUse>

/** How many handles of any type a process has open; null when that is not in the dump. */
export const HandleUse = z.object({ pid: Count, name: z.string(), handles: Count.nullable() })
export type HandleUse = z.infer<typeof HandleUse>
