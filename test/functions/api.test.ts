import { describe, expect, test } from 'vitest'
import { routes } from '../../functions/api/api.ts'
import { CaseDetail, CaseList } from '../../shared/cases/api.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import { analysisRecord, caseRecord, ids, uploadedDump } from '../cases/records.ts'
import { expectProblem, prepare } from './api-under-test.ts'

describe('cases', () => {
  test('are opened, shown and listed newest first, page by page', async () => {
    const { call } = prepare()
    for (const title of ['first', 'second', ' third '])
      expect((await call('POST', '/api/cases', { title })).status).toBe(201)
    const page = CaseList.parse((await call('GET', '/api/cases', undefined, { limit: '2' })).body)
    expect(page.cases.map(({ title }) => title)).toEqual(['third', 'second'])
    const rest = await call('GET', '/api/cases', undefined, { limit: '2', cursor: page.nextCursor! })
    expect(CaseList.parse(rest.body)).toMatchObject({ cases: [{ title: 'first' }], nextCursor: null })
    const detail = await call('GET', `/api/cases/${page.cases[0].caseId}`)
    expect(CaseDetail.parse(detail.body)).toMatchObject({ case: { title: 'third', verdict: null }, dumps: [] })
    expect(detail.headers).toMatchObject({ 'cache-control': 'no-store' })
  })

  test('with a page that ends exactly at the last case promise no further page', async () => {
    const { call } = prepare()
    await call('POST', '/api/cases', { title: 'only' })
    expect((await call('GET', '/api/cases', undefined, { limit: '1' })).body.nextCursor).toBeNull()
  })
})

describe('an analysis', () => {
  const id = { tenant: 'default', ...ids }
  const path = `/api/cases/${ids.caseId}/dumps/${ids.dumpId}/analyses/${ids.analysisId}`
  const withAnalysis = async (status: 'running' | 'done') => {
    const api = prepare()
    await api.store.cases.insert(ids, caseRecord)
    await api.store.dumps.insert(ids, uploadedDump)
    await api.store.analyses.insert(ids, { ...analysisRecord, status })
    return api
  }

  test('is answered as it lies in storage', async () => {
    const { call, documents } = await withAnalysis('done')
    documents.texts.set(analysisKey(id), '{"schema":"dumpline/analysis/1"}')
    expect(await call('GET', path)).toMatchObject({ status: 200, body: { schema: 'dumpline/analysis/1' } })
  })

  test('too long for an answer is a redirection to a link', async () => {
    const { call, documents } = await withAnalysis('done')
    documents.texts.set(analysisKey(id), `"${'x'.repeat(4 * 2 ** 20)}"`)
    const answer = await call('GET', path)
    expect(answer).toMatchObject({ status: 307, body: undefined })
    expect(answer.headers.location).toBe(`https://storage.example/${analysisKey(id)}?signed`)
  })

  test('that is not done yet, or of another dump, is a problem', async () => {
    const { call } = await withAnalysis('running')
    expectProblem(await call('GET', path), 409, 'analysis-not-done')
    expectProblem(await call('GET', path.replace(ids.dumpId, ids.dumpId.replace('1', '2'))), 404, 'not-found')
  })
})

describe('what goes wrong is a problem document', () => {
  test.each([
    ['POST', '/api/cases', '{"title":', 400, 'not-json'],
    ['POST', '/api/cases', undefined, 400, 'not-json'],
    ['POST', '/api/cases', { title: '' }, 400, 'invalid-request'],
    ['POST', '/api/cases', { title: 'x', extra: 1 }, 400, 'invalid-request'],
    ['GET', `/api/cases/${ids.caseId}`, undefined, 404, 'not-found'],
    ['GET', '/api/cases/x', undefined, 404, 'not-found'],
    ['GET', `/api/cases/${ids.caseId}%23case`, undefined, 404, 'not-found'],
    ['POST', `/api/cases/${ids.caseId}/uploads`, { fileName: 'a', bytes: 1 }, 404, 'not-found'],
    ['POST', `/api/cases/${ids.caseId}/uploads`, { fileName: 'a', bytes: -1 }, 400, 'invalid-request'],
    ['DELETE', '/api/cases', undefined, 404, 'no-such-path'],
    ['GET', '/api/nothing', undefined, 404, 'no-such-path'],
  ])('%s %s %j → %i %s', async (method, path, body, status, name) => {
    const answer = await prepare().call(method, path, body)
    expectProblem(answer, status, name)
    expect(answer.body.instance).toBe(path)
  })

  test('an id of the wrong form is unknown before anything is looked up', async () => {
    const { call } = prepare({
      store: () => {
        throw new Error('the store was asked')
      },
    })
    expectProblem(await call('GET', '/api/cases/case_1#dump'), 404, 'not-found')
    expectProblem(await call('GET', `/api/cases/${ids.caseId}`), 500, 'internal')
  })

  test('a wrong page is refused by name', async () => {
    const { call } = prepare()
    const answer = await call('GET', '/api/cases', undefined, { limit: '0', cursor: 'nonsense' })
    expectProblem(answer, 400, 'invalid-request')
    expect(answer.body.detail).toMatch(/limit: .*cursor: is not a cursor of this list/)
  })

  test('a fault of ours is told without its details', async () => {
    const api = prepare()
    api.uploads.start = async () => {
      throw new Error('secret-bucket is not authorised')
    }
    const { caseId } = (await api.call('POST', '/api/cases', { title: 'T' })).body
    const answer = await api.call('POST', `/api/cases/${caseId}/uploads`, { fileName: 'a', bytes: 1 })
    expectProblem(answer, 500, 'internal')
    expect(JSON.stringify(answer.body)).not.toContain('secret-bucket')
  })
})

describe('the API', () => {
  test('says that it is well and with which engine', async () => {
    expect((await prepare().call('GET', '/api/health')).body).toEqual({ status: 'ok', engineVersion: '9.9.9' })
  })

  test('describes every one of its routes, with schemas', async () => {
    const { body } = await prepare().call('GET', '/api/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    for (const { method, path, status } of routes) {
      const operation = body.paths[`/api${path}`][method.toLowerCase()]
      expect(operation.summary, path).toBeTruthy()
      expect(Object.keys(operation.responses), path).toEqual(expect.arrayContaining([String(status), 'default']))
      expect(operation.parameters.filter((each: { in: string }) => each.in === 'path')).toHaveLength(
        path.split('{').length - 1,
      )
    }
    const create = body.paths['/api/cases'].post
    expect(create.requestBody.content['application/json'].schema).toMatchObject({
      type: 'object',
      required: ['title'],
      additionalProperties: false,
    })
    const list = body.paths['/api/cases'].get
    expect(list.parameters.some(({ required }: { required: boolean }) => required)).toBe(false)
    expect(list.parameters.map(({ name }: { name: string }) => name)).toEqual([
      ...['limit', 'cursor', 'text', 'state', 'status', 'verdict', 'driver', 'tag', 'bugcheck', 'host', 'customer'],
      ...['assignee', 'signature', 'from', 'to', 'label'],
    ])
  })
})
