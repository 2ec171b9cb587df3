import { z } from 'zod'
import { Count } from './scalars.ts'

/** Processes that an analysis lists: those with most handles. */
export const listedHolders = 32

/** Objects of one type and handles to them, over the whole machine. */
export const ObjectUse = z.object({
  tag: z.string(),
  name: z.string(),
  objects: Count,
  handles: Count,
  mostObjects: Count,
})
export type ObjectUse = z.infer<typeof ObjectUse>

/**
 * How many handles of any type a process has open; null when that is not in the dump. `contents` is what they lead to,
 * null where that was not looked at: of `found` handles `followed` were followed to their objects, the figures by tag are
 * those of all in proportion; `objects` are the different ones they lead to, `ended` counts handles to threads that have ended, null for other objects; `unknown` lead to
 * objects that could not be read, `unseen` are on pages of the table that could not.
 */
export const HandleUse = z.object({
  pid: Count,
  name: z.string(),
  handles: Count.nullable(),
  contents: z
    .object({
      found: Count,
      followed: Count,
      unknown: Count,
      unseen: Count,
      types: z.array(z.object({ tag: z.string(), handles: Count, objects: Count.optional(), ended: Count.nullable() })),
    })
    .nullable(),
})
export type HandleUse = z.infer<typeof HandleUse>

/** What an analysis says of the objects whose tags leak: their types' totals, and the processes with most handles. */
export const ObjectUsers = z.object({
  types: z.array(ObjectUse),
  processes: z.array(HandleUse).max(listedHolders),
  /** Why processes may be missing, as a sentence; null when none are. */
  note: z.string().nullable(),
})
export type ObjectUsers = z.infer<typeof ObjectUsers>
