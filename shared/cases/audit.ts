import { z } from 'zod'
import { Timestamp } from '../analysis/scalars.ts'

/**
 * One thing somebody did to a case, kept under the case and never changed. Ids sort by time, so a case's events are
 * read in the order they happened.
 */
export const AuditEvent = z.object({
  caseId: z.string(),
  eventId: z.string(),
  at: Timestamp,
  /** Who: the subject of the caller's token, `link:` and an upload link's id, or `dumpline` itself. */
  actor: z.string(),
  /** What, as a stable name: `case.created`, `upload.completed`. */
  action: z.string().regex(/^[a-z-]+\.[a-z-]+$/),
  /** A sentence for the person reading; never contents of a dump. */
  statement: z.string(),
})
export type AuditEvent = z.infer<typeof AuditEvent>
