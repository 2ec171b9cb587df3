import { describe, expect, test } from 'vitest'
import { CaseList } from '../../shared/cases/api.ts'
import { CaseGroups, History, NoteList } from '../../shared/cases/life/case-life-api.ts'
import type { NoteRecord } from '../../shared/cases/life/note.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { caseRecord, ids, start } from '../cases/records.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const open = async (body: object = {}) => {
  const api = prepare()
  const { body: created } = await api.call('POST', '/api/cases', { title: 'Web server hangs', ...body })
  const path = `/api/cases/${created.caseId}`
  const statements = async () =>
    History.parse((await api.call('GET', `${path}/history`)).body).events.map(({ statement }) => statement)
  return { ...api, created: created as CaseRecord, path, statements }
}

describe('a case', () => {
  test('is opened with what is known of it, and that is recorded', async () => {
    const tickets = [{ url: 'https://tickets.example/INC-1', name: 'INC-1' }]
    const about = {
      customer: 'Contoso',
      host: 'WEB-01',
      labels: ['urgent', 'Urgent', 'pool'],
      tickets,
      description: 'x',
    }
    const { created, statements } = await open(about)
    expect(created).toMatchObject({
      ...about,
      labels: ['Urgent', 'pool'],
      createdBy: 'local',
      revision: 0,
      status: 'empty',
    })
    expect(await statements()).toEqual(['The case was opened.'])
  })

  test.each([
    ['a link that is no web address', { tickets: [{ url: 'javascript:alert(1)', name: null }] }],
    ['a link to a file', { tickets: [{ url: 'file:///etc/passwd', name: null }] }],
    ['a label with a comma', { labels: ['a,b'] }],
    ['an empty title', { title: ' ' }],
    ['what is not known', { colour: 'red' }],
  ])('is not changed to %s', async (_, change) => {
    const { call, path } = await open()
    expectProblem(await call('PATCH', path, { revision: 0, ...change }), 400, 'invalid-request')
  })

  test('is changed by one of two who had the same before their eyes; the other is told', async () => {
    const { call, path, statements } = await open({ customer: 'Contoso', labels: ['a'] })
    const first = await call('PATCH', path, { revision: 0, customer: null, labels: ['b'], assignee: 'anna' })
    expect(first.body).toMatchObject({ revision: 1, customer: null, labels: ['b'], assignee: 'anna' })
    expectProblem(await call('PATCH', path, { revision: 0, title: 'Mine' }), 409, 'changed-meanwhile')
    expect((await call('PATCH', path, { revision: 1, title: 'Mine' })).body).toMatchObject({
      title: 'Mine',
      revision: 2,
    })
    expect((await statements())[1]).toBe(
      'The customer “Contoso” was removed. The assignee was set to “anna”. The label “b” was added. The label “a” was removed.',
    )
    expectProblem(await call('PATCH', path, { revision: 2 }), 400, 'invalid-request')
  })

  test('that the pipeline wrote meanwhile can still be changed', async () => {
    const { call, path, store, created } = await open()
    await store.cases.change(created, (record) => ({ next: { ...record, status: 'analysing' } }))
    expect((await call('PATCH', path, { revision: 0, host: 'WEB-02' })).body).toMatchObject({
      host: 'WEB-02',
      status: 'analysing',
    })
  })

  test('from before details were kept can be read and changed', async () => {
    const { call, store } = prepare()
    await store.cases.insert(ids, caseRecord)
    const { body } = await call('PATCH', `/api/cases/${ids.caseId}`, { revision: 0, labels: ['old'] })
    expect(body).toMatchObject({ labels: ['old'], revision: 1 })
  })

  test('is closed and opened again, once each', async () => {
    const { call, path, statements } = await open()
    const closed = await call('POST', `${path}/close`)
    expect(closed.body).toMatchObject({ closedBy: 'local', closedAt: expect.any(String) })
    expect((await call('POST', `${path}/close`)).body).toEqual(closed.body)
    const inState = async (state: string) =>
      CaseList.parse((await call('GET', '/api/cases', undefined, { state })).body)
    expect((await inState('closed')).cases).toHaveLength(1)
    expect((await inState('open')).cases).toHaveLength(0)
    expect((await call('POST', `${path}/reopen`)).body).toMatchObject({ closedAt: null, closedBy: null })
    expect((await inState('open')).cases).toHaveLength(1)
    expect(await statements()).toEqual(['The case was opened again.', 'The case was closed.', 'The case was opened.'])
  })

  test('that is not there is not found, whatever is asked of it', async () => {
    const { call } = prepare()
    const path = `/api/cases/${ids.caseId}`
    expectProblem(await call('PATCH', path, { revision: 0, title: 'x' }), 404, 'not-found')
    expectProblem(await call('POST', `${path}/close`), 404, 'not-found')
    expectProblem(await call('POST', `${path}/notes`, { text: 'x' }), 404, 'not-found')
    expectProblem(await call('DELETE', `${path}/notes/note_00000000010000000000000000`), 404, 'not-found')
  })
})

describe('notes', () => {
  test('are written, changed and removed, and what they said stays in the history', async () => {
    const { call, path, statements } = await open()
    const { body: note, status } = await call('POST', `${path}/notes`, { text: ' Asked for a kernel dump. ' })
    expect(status).toBe(201)
    expect(note).toMatchObject({ text: 'Asked for a kernel dump.', author: 'local', revision: 0 })
    const notePath = `${path}/notes/${note.noteId}`
    const changed = await call('PATCH', notePath, { text: 'Asked again.', revision: 0 })
    expect(changed.body).toMatchObject({ text: 'Asked again.', revision: 1, editedAt: expect.any(String) })
    expectProblem(await call('PATCH', notePath, { text: 'Late.', revision: 0 }), 409, 'changed-meanwhile')
    expect((await call('DELETE', notePath)).status).toBe(204)
    expect((await call('DELETE', notePath)).status).toBe(204)
    expectProblem(await call('PATCH', notePath, { text: 'Later.', revision: 2 }), 404, 'not-found')
    const { notes } = NoteList.parse((await call('GET', `${path}/notes`)).body)
    expect(notes).toMatchObject([{ text: '', removedBy: 'local' }])
    expect(await statements()).toEqual([
      'A note by local was removed. It said: “Asked again.”',
      'A note was changed. It said: “Asked for a kernel dump.”',
      'A note was written.',
      'The case was opened.',
    ])
  })

  test('of others are not for changing', async () => {
    const { call, path, store, created } = await open()
    const note: NoteRecord = {
      caseId: created.caseId,
      noteId: 'note_00000000010000000000000000',
      author: 'anna',
      text: 'Mine.',
      createdAt: start.toISOString(),
      editedAt: null,
      removedAt: null,
      removedBy: null,
      revision: 0,
    }
    await store.notes.insert(note, note)
    expectProblem(await call('PATCH', `${path}/notes/${note.noteId}`, { text: 'x', revision: 0 }), 403, 'not-your-note')
  })

  test('and events come page by page, newest first', async () => {
    const { call, path } = await open()
    for (let n = 1; n <= 5; n++) await call('POST', `${path}/notes`, { text: `Note ${n}` })
    const first = NoteList.parse((await call('GET', `${path}/notes`, undefined, { limit: '3' })).body)
    expect(first.notes.map(({ text }) => text)).toEqual(['Note 5', 'Note 4', 'Note 3'])
    const query = { limit: '3', cursor: first.nextCursor! }
    const second = NoteList.parse((await call('GET', `${path}/notes`, undefined, query)).body)
    expect(second).toMatchObject({ notes: [{ text: 'Note 2' }, { text: 'Note 1' }], nextCursor: null })
    const events = History.parse((await call('GET', `${path}/history`, undefined, { limit: '2' })).body)
    expect(events.events).toHaveLength(2)
    expect(events.nextCursor).toBe(events.events[1].eventId)
  })
})

describe('the list of cases', () => {
  test('is searched by the words of an address', async () => {
    const { call, created, store } = await open({ customer: 'Contoso', labels: ['pool', 'urgent'], assignee: 'local' })
    await call('POST', '/api/cases', { title: 'Another' })
    await store.cases.change(created, (record) => ({
      next: { ...record, status: 'done', verdict: 'culprit', driver: 'a,b.sys', tag: 'Leak' },
    }))
    const found = async (query: Record<string, string>) =>
      CaseList.parse((await call('GET', '/api/cases', undefined, query)).body).cases.map(({ title }) => title)
    const queries: Record<string, string>[] = [
      { text: 'WEB serv' },
      { status: 'failed,done' },
      { verdict: 'culprit', driver: 'A,B.SYS' },
      { label: 'urgent,pool' },
      { assignee: 'me' },
      { customer: 'contoso', tag: 'Leak' },
      { from: '2026-05-04', to: '2026-05-04', customer: 'contoso' },
    ]
    for (const query of queries) expect(await found(query), JSON.stringify(query)).toEqual(['Web server hangs'])
    const others: Record<string, string>[] = [{ label: 'urgent,other' }, { tag: 'leak' }, { text: 'web other' }]
    for (const query of others) expect(await found(query), JSON.stringify(query)).toEqual([])
    expect(await found({ from: '2026-05-05' })).toEqual([])
    expect(await found({ assignee: 'none' })).toEqual(['Another'])
  })

  test.each<Record<string, string>>([
    { status: 'strange' },
    { cursor: 'case_x' },
    { from: 'yesterday' },
    { status: '' },
    { limit: '101' },
  ])('refuses %o', async (query) => {
    const { call } = prepare()
    expectProblem(await call('GET', '/api/cases', undefined, query), 400, 'invalid-request')
  })

  test('knows the groups of cases of one cause', async () => {
    const { call, store } = prepare()
    for (let n = 1; n <= 3; n++) {
      const { body } = await call('POST', '/api/cases', { title: `Case ${n}` })
      await store.cases.change(body, (record) => ({ next: { ...record, signature: 'sig1_a', driver: 'leaky.sys' } }))
    }
    const { groups } = CaseGroups.parse((await call('GET', '/api/case-groups')).body)
    expect(groups).toMatchObject([{ signature: 'sig1_a', cases: 3, driver: 'leaky.sys' }])
    const one = await call('GET', '/api/case-groups', undefined, { signature: 'sig1_a' })
    expect(one.body.groups).toHaveLength(1)
    const { body } = await call('GET', '/api/cases', undefined, { signature: 'sig1_a' })
    expect(body.cases).toHaveLength(3)
  })
})
