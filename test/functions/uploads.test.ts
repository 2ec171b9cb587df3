import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { planParts } from '../../shared/cases/links/parts.ts'
import type { Upload } from '../../shared/cases/links/upload-api.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import { compositeSha256 } from '../../shared/upload/sha256.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const mebibyte = 2 ** 20
const digest = (text: string) => createHash('sha256').update(text).digest('base64')

const startedUpload = async (bytes = 20 * mebibyte) => {
  const api = prepare()
  const { caseId } = (await api.call('POST', '/api/cases', { title: 'T' })).body
  const started = await api.call('POST', `/api/cases/${caseId}/uploads`, { fileName: '../../MEMORY.DMP', bytes })
  const upload = started.body as Upload
  const path = `/api/cases/${caseId}/uploads/${upload.uploadId}`
  const { partBytes } = planParts(bytes)
  const parts = Array.from({ length: upload.parts }, (_, index) => ({
    partNumber: index + 1,
    etag: `"e${index}"`,
    bytes: Math.min(partBytes, bytes - index * partBytes),
    sha256: digest(`part ${index}`),
  }))
  const [key] = api.open.keys()
  const sha256 = await compositeSha256(parts.map((part) => part.sha256))
  const arrive = (...numbers: number[]) => api.open.get(key)!.push(...numbers.map((number) => parts[number - 1]))
  const events = async () =>
    [...api.table.items.values()]
      .filter(({ sk }) => sk.startsWith('audit#'))
      .map(({ record }) => (record as { action: string }).action)
  return { ...api, caseId, started, upload, path, parts, key, arrive, whole: { sha256 }, events }
}

describe('uploads', () => {
  test('are cut into parts; the file’s name stays out of the key', async () => {
    const { started, upload, open, call, caseId } = await startedUpload()
    expect(started.status).toBe(201)
    expect(upload).toMatchObject({ partBytes: 8 * mebibyte, parts: 3 })
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

  test('get URLs for the parts asked for, each with its own length and checksum', async () => {
    const { call, path, parts } = await startedUpload()
    const asked = [parts[0], parts[2]].map(({ partNumber, sha256 }) => ({ partNumber, sha256 }))
    const { body } = await call('POST', `${path}/parts`, { parts: asked })
    expect(body.expiresInSeconds).toBe(900)
    expect(body.parts).toMatchObject([
      { partNumber: 1, bytes: 8 * mebibyte, headers: { 'x-amz-checksum-sha256': parts[0].sha256 } },
      { partNumber: 3, bytes: 4 * mebibyte, headers: { 'x-amz-checksum-sha256': parts[2].sha256 } },
    ])
    expect(body.parts[1].url).toContain(`part=3&bytes=${4 * mebibyte}`)
    const { sha256 } = parts[0]
    expectProblem(await call('POST', `${path}/parts`, { parts: [{ partNumber: 4, sha256 }] }), 400, 'no-such-part')
    for (const wrong of ['', 'x', `${sha256}=`, Buffer.alloc(31).toString('base64'), 'A'.repeat(44)]) {
      const answer = await call('POST', `${path}/parts`, { parts: [{ partNumber: 1, sha256: wrong }] })
      expectProblem(answer, 400, 'invalid-request')
    }
  })

  test('say what has arrived', async () => {
    const { call, path, open, arrive, parts } = await startedUpload()
    arrive(1)
    expect((await call('GET', `${path}/parts`)).body.parts).toEqual([parts[0]])
    open.clear()
    expectProblem(await call('GET', `${path}/parts`), 409, 'upload-gone')
  })

  test('are completed and pinned to what storage says; a repeat answers the same and records nothing', async () => {
    const { call, path, arrive, whole, events, parts } = await startedUpload()
    arrive(1, 2, 3)
    const first = await call('POST', `${path}/complete`, whole)
    const pinned = { status: 'uploaded', etag: 'whole-3', versionId: 'v1', bytes: 20 * mebibyte, ...whole }
    expect(first.body as DumpRecord).toMatchObject(pinned)
    const second = await call('POST', `${path}/complete`, whole)
    expect(second).toEqual(first)
    expect(await events()).toEqual(['case.created', 'upload.completed'])
    const [{ sha256 }] = parts
    expectProblem(await call('POST', `${path}/parts`, { parts: [{ partNumber: 1, sha256 }] }), 409, 'upload-complete')
    expectProblem(await call('DELETE', path), 409, 'upload-complete')
  })

  test('whose completion was done but never answered are completed by the repeat', async () => {
    const { call, path, parts, uploads, objects, key, whole } = await startedUpload()
    await uploads.complete({ key, multipartId: '' }, parts)
    expect(objects.size).toBe(1)
    const answer = await call('POST', `${path}/complete`, whole)
    expect(answer.body).toMatchObject({ status: 'uploaded', versionId: 'v1' })
  })

  test('are not completed with parts missing, cut short, or other than the sender’s', async () => {
    const { call, path, control, arrive, whole, open, key, parts } = await startedUpload()
    arrive(1, 2)
    expectProblem(await call('POST', `${path}/complete`, whole), 409, 'parts-missing')
    open.get(key)!.push({ ...parts[2], bytes: 5 })
    expectProblem(await call('POST', `${path}/complete`, whole), 409, 'parts-missing')
    open.get(key)!.splice(2, 1, { ...parts[2], sha256: digest('something else') })
    expectProblem(await call('POST', `${path}/complete`, whole), 409, 'parts-mismatch')
    expect(control.aborted).toEqual([])
    open.get(key)!.splice(2, 1, parts[2])
    control.completion = 'refused'
    expectProblem(await call('POST', `${path}/complete`, whole), 409, 'parts-mismatch')
    control.completion = 'gone'
    expectProblem(await call('POST', `${path}/complete`, whole), 409, 'upload-gone')
  })

  test('are aborted, also twice, and then take nothing more', async () => {
    const { call, path, parts, control, whole, events } = await startedUpload()
    expect(await call('DELETE', path)).toMatchObject({ status: 204, body: undefined })
    expect((await call('DELETE', path)).status).toBe(204)
    expect(control.aborted).toHaveLength(2)
    expect(await events()).toEqual(['case.created', 'upload.aborted'])
    const [{ sha256 }] = parts
    expectProblem(await call('POST', `${path}/parts`, { parts: [{ partNumber: 1, sha256 }] }), 409, 'upload-aborted')
    expectProblem(await call('POST', `${path}/complete`, whole), 409, 'upload-aborted')
  })

  test('of an empty file have one empty part', async () => {
    const { call, path, upload, parts } = await startedUpload(0)
    expect(upload.parts).toBe(1)
    const asked = { parts: [{ partNumber: 1, sha256: parts[0].sha256 }] }
    expect((await call('POST', `${path}/parts`, asked)).body.parts[0].bytes).toBe(0)
  })
})
