import type { CaseRecord, DumpRecord } from '../records.ts'
import { isClosed } from '../search/search-terms.ts'
import type { Step } from '../transitions.ts'
import type { CaseDetails, TicketLink } from './case-details.ts'
import type { NoteRecord } from './note.ts'

/** What people do to a case and its notes, as steps like those of the pipeline (shared/cases/transitions.ts). */

export type CaseChanges = Partial<CaseDetails & { readonly title: string }>

/** `revision` is the count that the person had before their eyes: an edit that somebody else made since is not lost. */
export const changeDetails = (record: CaseRecord, revision: number, changes: CaseChanges): Step<CaseRecord> =>
  (record.revision ?? 0) === revision
    ? { next: { ...record, ...changes, revision: revision + 1 } }
    : { refused: 'conflict' }

export const closeCase = (record: CaseRecord, by: string, at: Date): Step<CaseRecord> =>
  isClosed(record) ? { refused: 'settled' } : { next: { ...record, closedAt: at.toISOString(), closedBy: by } }

export const reopenCase = (record: CaseRecord): Step<CaseRecord> =>
  isClosed(record) ? { next: { ...record, closedAt: null, closedBy: null } } : { refused: 'settled' }

/** A dump that came after a case was closed asks a new question. */
export const reopensFor = (record: CaseRecord, { uploadedAt }: DumpRecord): boolean =>
  isClosed(record) && uploadedAt !== null && uploadedAt > (record.closedAt ?? '')

/** `settled`: the note was removed. `conflict`: somebody else edited it since `revision`. */
export const editNote = (note: NoteRecord, revision: number, text: string, at: Date): Step<NoteRecord> => {
  if (note.removedAt !== null) return { refused: 'settled' }
  if (note.revision !== revision) return { refused: 'conflict' }
  return { next: { ...note, text, editedAt: at.toISOString(), revision: revision + 1 } }
}

/** The text is gone for good; that there was a note stays. */
export const removeNote = (note: NoteRecord, by: string, at: Date): Step<NoteRecord> =>
  note.removedAt === null
    ? { next: { ...note, text: '', removedAt: at.toISOString(), removedBy: by, revision: note.revision + 1 } }
    : { refused: 'settled' }

/** What changed, a sentence each, for the case's history. */
export const describeChanges = (before: CaseRecord, after: CaseRecord): string[] => [
  ...describeValue('title', before.title, after.title),
  ...describeValue('customer', before.customer, after.customer),
  ...describeValue('host', before.host, after.host),
  ...describeValue('assignee', before.assignee, after.assignee),
  ...describeList('label', before.labels, after.labels),
  ...describeList('ticket', before.tickets?.map(nameOfTicket), after.tickets?.map(nameOfTicket)),
  ...((before.description ?? '') === (after.description ?? '') ? [] : ['The description was changed.']),
]

const nameOfTicket = ({ name, url }: TicketLink): string => (name === null ? url : `${name} (${url})`)

type Value = string | null | undefined

const describeValue = (what: string, before: Value, after: Value): string[] => {
  const [old, now] = [before ?? null, after ?? null]
  if (old === now) return []
  if (now === null) return [`The ${what} “${old}” was removed.`]
  return [old === null ? `The ${what} was set to “${now}”.` : `The ${what} was changed from “${old}” to “${now}”.`]
}

const describeList = (what: string, before: readonly string[] = [], after: readonly string[] = []): string[] => [
  ...after.filter((value) => !before.includes(value)).map((value) => `The ${what} “${value}” was added.`),
  ...before.filter((value) => !after.includes(value)).map((value) => `The ${what} “${value}” was removed.`),
]
