import type { CaseList } from '../../../shared/cases/api.ts'
import type { CaseGroups, ChangeCase, History, NoteList } from '../../../shared/cases/life/case-life-api.ts'
import type { NoteRecord } from '../../../shared/cases/life/note.ts'
import type { CaseRecord } from '../../../shared/cases/records.ts'
import { call, carryOut, create, path } from './client.ts'

/** `search` is the query of the API's list, such as `state=open&text=web`. */
export const searchCases = (search: string, cursor: string | null, signal: AbortSignal): Promise<CaseList> =>
  call(`${path('cases')}?${page(50, cursor)}${search === '' ? '' : `&${search}`}`, { signal })

export const listGroups = (cursor: string | null, signal: AbortSignal): Promise<CaseGroups> =>
  call(`${path('case-groups')}?${page(50, cursor)}`, { signal })

export const findGroup = (signature: string, signal: AbortSignal): Promise<CaseGroups> =>
  call(`${path('case-groups')}?${new URLSearchParams({ signature })}`, { signal })

export const changeCase = (caseId: string, body: ChangeCase): Promise<CaseRecord> =>
  call(path('cases', caseId), { method: 'PATCH', body })

export const turnCase = (caseId: string, to: 'close' | 'reopen'): Promise<CaseRecord> =>
  call(path('cases', caseId, to), { method: 'POST' })

export const listNotes = (caseId: string, cursor: string | null, signal: AbortSignal): Promise<NoteList> =>
  call(`${path('cases', caseId, 'notes')}?${page(25, cursor)}`, { signal })

export const writeNote = (caseId: string, text: string): Promise<NoteRecord> =>
  create(path('cases', caseId, 'notes'), { body: { text } })

export const changeNote = ({ caseId, noteId, revision }: NoteRecord, text: string): Promise<NoteRecord> =>
  call(path('cases', caseId, 'notes', noteId), { method: 'PATCH', body: { text, revision } })

export const removeNote = ({ caseId, noteId }: NoteRecord): Promise<void> =>
  carryOut(path('cases', caseId, 'notes', noteId), { method: 'DELETE' })

export const listHistory = (caseId: string, cursor: string | null, signal: AbortSignal): Promise<History> =>
  call(`${path('cases', caseId, 'history')}?${page(25, cursor)}`, { signal })

const page = (limit: number, cursor: string | null): string =>
  new URLSearchParams({ limit: String(limit), ...(cursor === null ? {} : { cursor }) }).toString()
