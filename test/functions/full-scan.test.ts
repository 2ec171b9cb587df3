import { expect, test } from 'vitest'
import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import type { AnalysisRecord } from '../../shared/cases/records.ts'
import { caseRecord, ids, start, uploadedDump } from '../cases/records.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const path = `/api/cases/${ids.caseId}/dumps/${ids.dumpId}/analyses`

/** A dump whose first analysis is done. */
const analysed = async () => {
  const api = prepare()
  const { store } = api
  await store.cases.insert(ids, caseRecord)
  await store.dumps.insert(ids, uploadedDump)
  await beginAnalysis(store, uploadedDump, { analysisId: ids.analysisId, engineVersion: '0.1.0', at: start })
  const end = (analysisId: string, status: AnalysisRecord['status']) =>
    store.analyses.change({ ...ids, analysisId }, (record) => ({ next: { ...record, status } }))
  await store.stages.change({ ...ids, stage: 'header' }, (record) => ({ next: { ...record, status: 'done' } }))
  await end(ids.analysisId, 'done')
  return { ...api, end }
}

test('a scan of all pages is a further analysis, begun once however often it is asked for', async () => {
  const { call, sent, store } = await analysed()
  const first = await call('POST', path, { fullScan: true })
  expect(first.status).toBe(201)
  expect(first.body).toMatchObject({
    supersedes: ids.analysisId,
    fullScan: true,
    status: 'running',
    lane: 'interactive',
  })
  expect(sent).toMatchObject([{ analysisId: first.body.analysisId, stage: 'header', lane: 'interactive' }])
  expect((await call('POST', path, { fullScan: true })).body.analysisId).toBe(first.body.analysisId)
  // What stands, stands.
  const detail = await store.detail(ids.caseId)
  expect(detail?.dumps[0].dump.currentAnalysisId).toBe(ids.analysisId)
  expect(detail?.dumps[0].analyses).toHaveLength(2)
  // What the first analysis read of the header is taken over.
  const { analyses } = detail!.dumps[0]
  expect(analyses[1].analysis.reused).toEqual({ header: ids.analysisId })
  expect(analyses[1].stages.map(({ status }) => status)).toEqual(['done', 'queued', 'queued', 'queued'])
})

test('what it would take is told before', async () => {
  const { call, store, end } = await analysed()
  const offer = path.replace(/analyses$/, 'full-scan')
  await store.dumps.change(ids, (dump) => ({ next: { ...dump, bytes: 32 * 2 ** 30 } }))
  const { status, body } = await call('GET', offer, undefined, undefined, { role: 'viewer' })
  expect(status).toBe(200)
  expect(body.parts).toBe(16)
  expect(body.dollars).toBeGreaterThan(0)
  expect(body.seconds).toBeGreaterThan(0)
  await store.dumps.change(ids, (dump) => ({ next: { ...dump, status: 'deleted' } }))
  expectProblem(await call('GET', offer), 409, 'dump-deleted')
  expectProblem(await call('POST', path, { fullScan: true }), 409, 'dump-deleted')
  await end(ids.analysisId, 'running')
  expectProblem(await call('GET', offer), 409, 'analysis-not-done')
})

test('one that came to nothing may be asked for again', async () => {
  const { call, end } = await analysed()
  const first = (await call('POST', path, { fullScan: true })).body.analysisId
  await end(first, 'failed')
  const second = await call('POST', path, { fullScan: true, lane: 'normal' })
  expect(second.status).toBe(201)
  expect(second.body.analysisId).not.toBe(first)
})

test('is refused where there is nothing to refine, and to who may not change the case', async () => {
  const { call, store, end } = await analysed()
  expectProblem(await call('POST', path, { fullScan: true }, {}, { role: 'viewer' }), 403, 'forbidden')
  expectProblem(await call('POST', path, { fullScan: false }), 400, 'invalid-request')
  expectProblem(await call('POST', path.replace(/dump_0/, 'dump_1'), { fullScan: true }), 404, 'not-found')
  await end(ids.analysisId, 'running')
  expectProblem(await call('POST', path, { fullScan: true }), 409, 'analysis-not-done')
  await store.analyses.change(ids, (record) => ({ next: { ...record, status: 'done', fullScan: true } }))
  expectProblem(await call('POST', path, { fullScan: true }), 409, 'already-scanned')
})
