import type { AuditEvent } from '../../shared/cases/audit.ts'
import { ChangeCase, ChangeNote, WriteNote } from '../../shared/cases/life/case-life-api.ts'
import type { NoteRecord } from '../../shared/cases/life/note.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import type { CaseGroup } from '../../shared/cases/search/case-groups.ts'
import { matches, planQuery } from '../../shared/cases/search/case-query.ts'
import { CaseSearch } from '../../shared/cases/search/case-search-api.ts'
import { Refuse } from './refuse.ts'

/** What the fake API keeps of a case for its notes and its history. */
export type FakeCaseLife = { notes?: NoteRecord[]; history?: AuditEvent[] }

type Asked = {
  readonly method: string
  readonly caseId: string
  /** From after the case's id. */
  readonly path: readonly string[]
  readonly body: unknown
  readonly subject: string
}

/** A page of the cases that match, newest first. Short ids of tests are no real ones: a cursor is a number here. */
export const fakeSearch = (
  records: readonly CaseRecord[],
  query: URLSearchParams,
  subject: string,
  pageSize: number,
) => {
  const {
    cursor: _cursor,
    limit: _limit,
    label,
    assignee,
    ...rest
  } = CaseSearch.parse({
    ...Object.fromEntries(query),
    cursor: undefined,
  })
  const plan = planQuery({ ...rest, labels: label, assignee: assignee === 'me' ? subject : assignee })
  const all = records
    .filter((record) => matches(record, plan))
    .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
  const from = Number(query.get('cursor') ?? 0)
  const next = from + pageSize
  return { cases: all.slice(from, next), nextCursor: next < all.length ? String(next) : null, partial: false }
}

/** The groups of several cases, the largest first. */
export const fakeGroups = (records: readonly CaseRecord[], query: URLSearchParams) => {
  const bySignature = Map.groupBy(
    records.filter(({ signature }) => signature),
    ({ signature }) => signature ?? '',
  )
  const groups = [...bySignature].map(([signature, cases]): CaseGroup => {
    const [newest] = cases.toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
    const { headline, verdict, driver, driverVersion = null, tag = null, bugcheck = null, caseId, createdAt } = newest
    const shown = { headline, verdict, driver, driverVersion, tag, bugcheck }
    return { signature, cases: cases.length, more: false, newestCaseId: caseId, newestAt: createdAt, ...shown }
  })
  const wanted = query.get('signature')
  const listed = groups.filter(({ signature, cases }) => (wanted === null ? cases > 1 : signature === wanted))
  return { groups: listed.sort((a, b) => b.cases - a.cases), nextCursor: null }
}

/** An answer: a status and a body. Null for what is not about notes, history, details or closing. */
export const fakeCaseLife = (
  known: FakeCaseLife & { detail: { case: CaseRecord } },
  { method, caseId, path: [part, noteId], body, subject }: Asked,
): [number, unknown] | null => {
  const at = new Date().toISOString()
  const record = (action: string, statement: string) => {
    const eventId = String(known.history?.length ?? 0)
    known.history = [{ caseId, eventId, at, actor: subject, action, statement }, ...(known.history ?? [])]
  }
  const put = (change: Partial<CaseRecord>): [number, unknown] => {
    known.detail.case = { ...known.detail.case, ...change }
    return [200, known.detail.case]
  }
  if (part === undefined && method === 'PATCH') {
    const { revision, ...changes } = ChangeCase.parse(body)
    if (revision !== (known.detail.case.revision ?? 0))
      throw new Refuse(409, 'Somebody else changed this case meanwhile.')
    record('case.changed', `Changed: ${Object.keys(changes).join(', ')}.`)
    return put({ ...changes, revision: revision + 1 })
  }
  if (part === 'close' || part === 'reopen') {
    record(`case.${part}d`, part === 'close' ? 'The case was closed.' : 'The case was opened again.')
    return put(part === 'close' ? { closedAt: at, closedBy: subject } : { closedAt: null, closedBy: null })
  }
  if (part === 'history') return [200, { events: known.history ?? [], nextCursor: null }]
  if (part !== 'notes') return null
  known.notes ??= []
  if (noteId === undefined && method === 'GET') return [200, { notes: known.notes, nextCursor: null }]
  if (noteId === undefined) {
    const note: NoteRecord = {
      caseId,
      noteId: `n${known.notes.length + 1}`,
      author: subject,
      text: WriteNote.parse(body).text,
      createdAt: at,
      editedAt: null,
      removedAt: null,
      removedBy: null,
      revision: 0,
    }
    known.notes.unshift(note)
    record('note.written', 'A note was written.')
    return [201, note]
  }
  const note = known.notes.find((each) => each.noteId === noteId)
  if (note === undefined) throw new Refuse(404, 'There is no such note.')
  if (method === 'DELETE') {
    Object.assign(note, { text: '', removedAt: at, removedBy: subject })
    record('note.removed', 'A note was removed.')
    return [204, undefined]
  }
  const change = ChangeNote.parse(body)
  if (change.revision !== note.revision) throw new Refuse(409, 'This note was changed meanwhile.')
  Object.assign(note, { text: change.text, editedAt: at, revision: note.revision + 1 })
  return [200, note]
}
