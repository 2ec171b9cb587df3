import { editNote, removeNote } from '../../../shared/cases/life/case-life.ts'
import { ChangeNote, NoteList, NotePage, WriteNote } from '../../../shared/cases/life/case-life-api.ts'
import { NoteRecord } from '../../../shared/cases/life/note.ts'
import { mayDo } from '../../../shared/cases/permissions.ts'
import { conflict, notFound, ProblemError } from '../problem.ts'
import { recordEvent } from '../record-event.ts'
import { route } from '../route.ts'

const notYours = (what: string) => new ProblemError(403, 'not-your-note', 'Not allowed', what)

/** What a note said before it was changed or removed stays in the case's history, up to this length. */
const quoted = (text: string): string => (text.length > 2000 ? `${text.slice(0, 2000)}…` : text)

export const noteRoutes = [
  route({
    method: 'GET',
    path: '/cases/{caseId}/notes',
    permission: 'cases:read',
    summary: 'The notes of a case, newest first',
    status: 200,
    query: NotePage,
    response: NoteList,
    run: async ({ tenant, path: { caseId }, query: { limit, cursor } }, ports) => {
      const store = ports.store(tenant)
      if ((await store.cases.get({ caseId })) === null) throw notFound('case')
      const found = await store.notesOf(caseId, { limit: limit + 1, before: cursor ?? null })
      const notes = found.slice(0, limit)
      return { value: { notes, nextCursor: found.length > limit ? (notes.at(-1)?.noteId ?? null) : null } }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/notes',
    permission: 'cases:write',
    summary: 'Write a note',
    status: 201,
    body: WriteNote,
    response: NoteRecord,
    run: async (request, ports) => {
      const { tenant, caller, path, body } = request
      const { caseId } = path
      const store = ports.store(tenant)
      if ((await store.cases.get({ caseId })) === null) throw notFound('case')
      const note: NoteRecord = {
        caseId,
        noteId: ports.newId('note'),
        author: caller.subject,
        text: body.text,
        createdAt: ports.now().toISOString(),
        editedAt: null,
        removedAt: null,
        removedBy: null,
        revision: 0,
      }
      await store.notes.insert(note, note)
      await recordEvent(request, ports, { caseId, action: 'note.written', statement: 'A note was written.' })
      return { value: note }
    },
  }),
  route({
    method: 'PATCH',
    path: '/cases/{caseId}/notes/{noteId}',
    permission: 'cases:write',
    summary: 'Change a note of one’s own',
    status: 200,
    body: ChangeNote,
    response: NoteRecord,
    run: async (request, ports) => {
      const { tenant, caller, path, body } = request
      const { caseId, noteId } = path
      const { notes } = ports.store(tenant)
      const before = await notes.get({ caseId, noteId })
      if (before === null || before.removedAt !== null) throw notFound('note in this case')
      if (before.author !== caller.subject) throw notYours('Only who wrote a note can change it.')
      if (before.text === body.text) return { value: before }
      const { record, refused } = await notes.change({ caseId, noteId }, (note) =>
        editNote(note, body.revision, body.text, ports.now()),
      )
      if (refused === 'settled' || record === null) throw notFound('note in this case')
      if (refused !== undefined) throw conflict('changed-meanwhile', 'This note was changed meanwhile.')
      const statement = `A note was changed. It said: “${quoted(before.text)}”`
      await recordEvent(request, ports, { caseId, action: 'note.changed', statement })
      return { value: record }
    },
  }),
  route({
    method: 'DELETE',
    path: '/cases/{caseId}/notes/{noteId}',
    permission: 'cases:write',
    summary: 'Remove a note of one’s own; an admin may remove any',
    status: 204,
    run: async (request, ports) => {
      const { tenant, caller, path } = request
      const { caseId, noteId } = path
      const { notes } = ports.store(tenant)
      const before = await notes.get({ caseId, noteId })
      if (before === null) throw notFound('note in this case')
      if (before.author !== caller.subject && !mayDo(caller.role, 'tenant:write'))
        throw notYours('Only who wrote a note, or an admin, can remove it.')
      const { refused } = await notes.change({ caseId, noteId }, (note) =>
        removeNote(note, caller.subject, ports.now()),
      )
      if (refused === undefined) {
        const statement = `A note by ${before.author} was removed. It said: “${quoted(before.text)}”`
        await recordEvent(request, ports, { caseId, action: 'note.removed', statement })
      }
      return { empty: true }
    },
  }),
]
