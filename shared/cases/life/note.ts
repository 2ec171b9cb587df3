import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'

/** What an engineer wrote about a case. A removed note keeps its place and its author; its text is gone from it. */
export const NoteRecord = z.object({
  caseId: z.string(),
  noteId: z.string(),
  /** The subject of who wrote it, and alone may change it. */
  author: z.string(),
  text: z.string(),
  createdAt: Timestamp,
  editedAt: Timestamp.nullable(),
  removedAt: Timestamp.nullable(),
  removedBy: z.string().nullable(),
  /** How often it was changed; whoever changes it says which count was read. */
  revision: Count,
})
export type NoteRecord = z.infer<typeof NoteRecord>
