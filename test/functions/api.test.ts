import { describe, expect, test } from 'vitest'
import { routes } from '../../functions/api/api.ts'
import { CaseDetail, CaseList, type Upload } from '../../shared/cases/api.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import { analysisRecord, caseRecord, ids, uploadedDump } from '../cases/records.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const startedUpload = async (bytes = 20 * 2 ** 20) => {
  const api = prepare()
  const { caseId } = (await api.call('POST', '/api/cases', { title: 'T' })).body
  const started = await api.call('POST', `/api/cases/${caseId}/uploads`, { fileName: '../../MEMORY.DMP', bytes })
  const upload = started.body as Upload
  const path = `/api/cases/${caseId}/uploads/${upload.uploadId}`
  const parts = Array.from({ length: upload.parts }, (_, index) => ({ partNumber: index + 1, etag: `"e${index}"` }))
  return { ...api, caseId, started, upload, path, parts }
}

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

describe('uploads', () => {
  test('are cut into parts; the file’s name stays out of the key', async () => {
    const { started, upload, open, call, caseId } = await startedUpload()
    expect(started.status).toBe(201)
    expect(upload).toMatchObject({ partBytes: 8 * 2 ** 20, parts: 3 })
    expect([...open.keys()]).toEqual([`dumps/default/${caseId}/${upload.dumpId}`])
    const { dumps } = (await call('GET', `/api/cases/${caseId}`)).body
    expect(dumps).toMatchObject([{ dump: { fileName: '../../MEMORY.DMP', status: 'uploading' }, analyses: [] }])
  })

  test('start a journey with one trace id, in a person’s lane unless automation says otherwise', async () => {
    const { call, table } = prepare()
    const { caseId } = (await call('POST', '/api/cases', { title: 'a' })).body
    const statusOf = async () => (await call('GET', `/api/cases/${caseId}`)).body.case.status
    expect(await statusOf()).toBe('empty')
    const path = `/api/cases/${caseId}/uploads`
    const dumps = () =>
      [...table.items.values()].filter(({ sk }) => sk.startsWith('dump#')).map(({ record }) => record as DumpRecord)
    const { uploadId } = (await call('POST', path, { fileName: 'a.dmp', bytes: 1 })).body
    expect(dumps()).toMatchObject([{ lane: 'interactive', traceId: '0123456789abcdef0123456789abcdef' }])
    expect(Date.parse(dumps()[0].sweepAt!) - Date.parse(dumps()[0].createdAt)).toBe(15 * 60_000)
    expect(await statusOf()).toBe('uploading')
    await call('DELETE', `${path}/${uploadId}`)
    expect(await statusOf()).toBe('empty')
    expect(dumps()[0].sweepAt).toBeNull()
    await call('POST', path, { fileName: 'b.dmp', bytes: 1, lane: 'normal' })
    expect(
      dumps()
        .map(({ lane }) => lane)
        .sort(),
    ).toEqual(['interactive', 'normal'])
    expect((await call('POST', path, { fileName: 'b.dmp', bytes: 1, lane: 'reprocessing' })).status).toBe(400)
  })

  test('get URLs for the parts asked for, each with its own length', async () => {
    const { call, path } = await startedUpload()
    const { body } = await call('POST', `${path}/parts`, { partNumbers: [1, 3] })
    expect(body.parts.map((part: { partNumber: number; bytes: number }) => [part.partNumber, part.bytes])).toEqual([
      [1, 8 * 2 ** 20],
      [3, 4 * 2 ** 20],
    ])
    expect(body.parts[1].url).toContain(`part=3&bytes=${4 * 2 ** 20}`)
    expectProblem(await call('POST', `${path}/parts`, { partNumbers: [4] }), 400, 'no-such-part')
  })

  test('say what has arrived', async () => {
    const { call, path, open } = await startedUpload()
    ;[...open.values()][0].push({ partNumber: 1, etag: '"e0"', bytes: 8 * 2 ** 20 })
    expect((await call('GET', `${path}/parts`)).body.parts).toEqual([
      { partNumber: 1, etag: '"e0"', bytes: 8 * 2 ** 20 },
    ])
    open.clear()
    expectProblem(await call('GET', `${path}/parts`), 409, 'upload-gone')
  })

  test('are completed and pinned to what storage says; a repeat answers the same', async () => {
    const { call, path, parts } = await startedUpload()
    const first = await call('POST', `${path}/complete`, { parts: [...parts].reverse() })
    expect(first.body as DumpRecord).toMatchObject({
      status: 'uploaded',
      etag: 'whole-3',
      versionId: 'v1',
      bytes: 20 * 2 ** 20,
    })
    const second = await call('POST', `${path}/complete`, { parts })
    expect(second).toEqual(first)
    expectProblem(await call('POST', `${path}/parts`, { partNumbers: [1] }), 409, 'upload-complete')
    expectProblem(await call('DELETE', path), 409, 'upload-complete')
  })

  test('whose completion was done but never answered are completed by the repeat', async () => {
    const { call, path, parts, uploads, open, objects } = await startedUpload()
    const [key] = open.keys()
    await uploads.complete({ key, multipartId: '' }, parts)
    expect(objects.size).toBe(1)
    expect((await call('POST', `${path}/complete`, { parts })).body).toMatchObject({
      status: 'uploaded',
      versionId: 'v1',
    })
  })

  test('are not completed with parts missing, doubled or other than storage has', async () => {
    const { call, path, parts, control } = await startedUpload()
    expectProblem(await call('POST', `${path}/complete`, { parts: parts.slice(1) }), 400, 'parts-missing')
    expectProblem(await call('POST', `${path}/complete`, { parts: parts.slice(0, 2) }), 400, 'parts-missing')
    expectProblem(
      await call('POST', `${path}/complete`, { parts: [parts[0], parts[0], parts[2]] }),
      400,
      'parts-missing',
    )
    control.completion = 'refused'
    expectProblem(await call('POST', `${path}/complete`, { parts }), 409, 'parts-mismatch')
    control.completion = 'gone'
    expectProblem(await call('POST', `${path}/complete`, { parts }), 409, 'upload-gone')
  })

  test('are aborted, also twice, and then take nothing more', async () => {
    const { call, path, parts, control } = await startedUpload()
    expect(await call('DELETE', path)).toMatchObject({ status: 204, body: undefined })
    expect((await call('DELETE', path)).status).toBe(204)
    expect(control.aborted).toHaveLength(2)
    expectProblem(await call('POST', `${path}/parts`, { partNumbers: [1] }), 409, 'upload-aborted')
    expectProblem(await call('POST', `${path}/complete`, { parts }), 409, 'upload-aborted')
  })

  test('of an empty file have one empty part', async () => {
    const { call, path, upload } = await startedUpload(0)
    expect(upload.parts).toBe(1)
    expect((await call('POST', `${path}/parts`, { partNumbers: [1] })).body.parts[0].bytes).toBe(0)
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
      expect(Object.keys(operation.responses), path).toEqual([String(status), 'default'])
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
