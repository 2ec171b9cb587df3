import { z } from 'zod'
import { Count } from '../../analysis/scalars.ts'
import { AuditEvent } from '../audit.ts'
import { isId } from '../ids.ts'
import { CaseGroup } from '../search/case-groups.ts'
import { CaseDetails } from './case-details.ts'
import { NoteRecord } from './note.ts'

/**
 * Bodies of the HTTP API about what people do to a case:
 *
 *   PATCH  /api/cases/{id}                         ChangeCase  → CaseRecord
 *   POST   /api/cases/{id}/close, …/reopen                     → CaseRecord
 *   GET    /api/cases/{id}/notes?limit&cursor                  → NoteList, newest first
 *   POST   /api/cases/{id}/notes                   WriteNote   → 201 NoteRecord
 *   PATCH  /api/cases/{id}/notes/{noteId}          ChangeNote  → NoteRecord
 *   DELETE /api/cases/{id}/notes/{noteId}                      → 204
 *   GET    /api/cases/{id}/history?limit&cursor                → History, newest first
 *   GET    /api/case-groups?limit&cursor&signature             → CaseGroups, largest first
 */

/** What is left out stays; what is null is removed. `revision` is the case's as it was read, 0 where it has none. */
export const ChangeCase = z
  .strictObject({
    revision: Count,
    title: z.string().trim().min(1).max(200).optional(),
    ...CaseDetails.partial().shape,
  })
  .refine((body) => Object.keys(body).length > 1, 'nothing is to be changed')
export type ChangeCase = z.input<typeof ChangeCase>

const noteText = z.string().trim().min(1).max(10_000)

export const WriteNote = z.strictObject({ text: noteText })
export type WriteNote = z.infer<typeof WriteNote>

export const ChangeNote = z.strictObject({ text: noteText, revision: Count })
export type ChangeNote = z.infer<typeof ChangeNote>

/** `cursor` is the `nextCursor` of the page before. */
const pageOf = (kind: 'note' | 'event') =>
  z.object({
    limit: z.coerce.number().int().min(1).max(100).default(25),
    cursor: z
      .string()
      .refine((text) => isId(kind, text), 'is not a cursor of this list')
      .optional(),
  })
export const NotePage = pageOf('note')
export const HistoryPage = pageOf('event')

export const NoteList = z.object({ notes: z.array(NoteRecord), nextCursor: z.string().nullable() })
export type NoteList = z.infer<typeof NoteList>

export const History = z.object({ events: z.array(AuditEvent), nextCursor: z.string().nullable() })
export type History = z.infer<typeof History>

export const GroupsPage = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z
    .string()
    .regex(/^[0-9]{4}#case_[0-9a-z]{26}$/, 'is not a cursor of this list')
    .optional(),
  /** This group alone, also if it has but one case. */
  signature: z.string().min(1).max(100).optional(),
})

export const CaseGroups = z.object({ groups: z.array(CaseGroup), nextCursor: z.string().nullable() })
export type CaseGroups = z.infer<typeof CaseGroups>
