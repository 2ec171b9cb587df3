import { describe, expect, test } from 'vitest'
import { ingestHandler } from '../../functions/ingest/ingest-handler.ts'
import { uploadedObjects } from '../../functions/ingest/upload-event.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { type PinnedObject, pinDump } from '../../shared/cases/transitions.ts'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { after, caseRecord, finishedObject, ids, start, traceId, uploadingDump } from '../cases/records.ts'
import { lambdaContext, queueTools, sqsEvent, sqsRecord } from './fakes.ts'

const key = dumpKey({ tenant: 'default', ...ids })
const created = (object: object = {}) =>
  JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:CompleteMultipartUpload',
        s3: {
          bucket: { name: 'b' },
          object: { key, size: finishedObject.bytes, eTag: 'abc-3', versionId: 'v1', sequencer: '0', ...object },
        },
      },
    ],
  })
const testEvent = JSON.stringify({
  Service: 'Amazon S3',
  Event: 's3:TestEvent',
  Time: start.toISOString(),
  Bucket: 'b',
})

const prepare = async () => {
  const table = memoryTable()
  const store = caseStore(table, 'default')
  await store.cases.insert(ids, caseRecord)
  await store.dumps.insert(ids, uploadingDump)
  const sent: StageMessage[] = []
  let made = 0
  let broken = false
  const object: { head: PinnedObject | null } = { head: finishedObject }
  const handler = ingestHandler(
    {
      store: () => store,
      peek: async () => new Uint8Array(),
      now: () => after(1),
      newId: (kind) => `${kind}_${++made}`,
      engineVersion: '0.1.0',
      head: async () => object.head,
      send: async (message) => {
        if (broken) throw new Error('SQS is away')
        sent.push(message)
      },
    },
    queueTools(),
  )
  const deliver = async (...bodies: string[]) =>
    (await handler(sqsEvent(...bodies.map((body, index) => sqsRecord(`m${index}`, body))), lambdaContext()))
      .batchItemFailures
  return { table, store, sent, deliver, object, breakSending: (value: boolean) => (broken = value) }
}

describe('an upload reported by S3', () => {
  test('begins the analysis and pins the dump, even when the API has not confirmed it', async () => {
    const { store, sent, deliver } = await prepare()
    expect(await deliver(created())).toEqual([])
    expect(await store.dumps.get(ids)).toMatchObject({
      ...finishedObject,
      status: 'uploaded',
      currentAnalysisId: 'analysis_1',
    })
    expect(sent).toEqual([
      {
        tenant: 'default',
        caseId: ids.caseId,
        dumpId: ids.dumpId,
        analysisId: 'analysis_1',
        stage: 'header',
        attempt: 1,
        lane: 'interactive',
        traceId,
      },
    ])
  })

  test('begins it as well when the API was first', async () => {
    const { store, sent, deliver } = await prepare()
    await store.dumps.change(ids, (record) => pinDump(record, finishedObject, start))
    expect(await deliver(created())).toEqual([])
    expect((await store.dumps.get(ids))?.uploadedAt).toBe(start.toISOString())
    expect(sent).toHaveLength(1)
  })

  test('and reported again makes no second analysis', async () => {
    const { store, sent, deliver } = await prepare()
    expect(await deliver(created(), created())).toEqual([])
    await deliver(created())
    const { analyses } = (await store.detail(ids.caseId))!.dumps[0]
    expect(analyses).toHaveLength(1)
    expect(new Set(sent.map(({ analysisId }) => analysisId)).size).toBe(1)
  })

  test('and replayed when the header stage has run tells nobody', async () => {
    const { store, sent, deliver } = await prepare()
    await deliver(created())
    await store.stages.change({ ...ids, analysisId: 'analysis_1', stage: 'header' }, (record) => ({
      next: { ...record, status: 'done' },
    }))
    sent.length = 0
    expect(await deliver(created())).toEqual([])
    expect(sent).toEqual([])
  })

  test('whose message could not be sent is told at the next delivery', async () => {
    const { sent, deliver, breakSending } = await prepare()
    breakSending(true)
    expect(await deliver(created())).toEqual([{ itemIdentifier: 'm0' }])
    breakSending(false)
    expect(await deliver(created())).toEqual([])
    expect(sent.map(({ analysisId }) => analysisId)).toEqual(['analysis_1'])
  })

  test.each([
    ['version', { versionId: 'v2' }],
    ['content', { eTag: 'other' }],
  ])('as another %s than the pinned one begins nothing', async (_what, other) => {
    const { store, sent, deliver } = await prepare()
    await store.dumps.change(ids, (record) => pinDump(record, finishedObject, start))
    expect(await deliver(created(other))).toEqual([])
    expect((await store.dumps.get(ids))?.currentAnalysisId).toBeNull()
    expect(sent).toEqual([])
  })

  test.each([
    ['outside the dumps', { key: 'results/default/x.json' }],
    ['of a dump nobody knows', { key: key.replace(ids.dumpId, ids.dumpId.replace('1', '2')) }],
  ])('%s is let go', async (_what, object) => {
    const { sent, deliver } = await prepare()
    expect(await deliver(created(object))).toEqual([])
    expect(sent).toEqual([])
  })
})

describe('the same bytes again', () => {
  const verified = { ...finishedObject, sha256: 'rEFvWq5PTNSP5DTDTd1NwEr/d7lxqTUJzDWeZVnO3zA=-3' }
  const other = { caseId: ids.caseId.replace('1', '2'), dumpId: ids.dumpId.replace('1', '2') }
  const otherKey = dumpKey({ tenant: 'default', ...other })
  const withSecond = async () => {
    const prepared = await prepare()
    const { store, object } = prepared
    object.head = verified
    await store.cases.insert(other, { ...caseRecord, ...other, status: 'uploading' })
    await store.dumps.insert(other, { ...uploadingDump, ...other })
    return prepared
  }

  test('lead to the dump that came first, also from another case, and are not analysed again', async () => {
    const { store, sent, deliver } = await withSecond()
    await deliver(created())
    expect(await deliver(created({ key: otherKey }))).toEqual([])
    const sameAs = { caseId: ids.caseId, dumpId: ids.dumpId }
    expect(await store.dumps.get(other)).toMatchObject({
      status: 'uploaded',
      sameAs,
      currentAnalysisId: null,
      sweepAt: null,
    })
    expect((await store.cases.get(other))?.status).toBe('done')
    expect(sent).toHaveLength(1)
    expect(await deliver(created({ key: otherKey }), created())).toEqual([])
    expect(sent.every(({ dumpId }) => dumpId === ids.dumpId)).toBe(true)
  })

  test('of another tenant are a dump of their own, and nothing tells of the first', async () => {
    const { table, sent, deliver } = await withSecond()
    const theirs = caseStore(table, 'other')
    await theirs.cases.insert(ids, caseRecord)
    await theirs.dumps.insert(ids, uploadingDump)
    await deliver(created(), created({ key: dumpKey({ tenant: 'other', ...ids }) }))
    expect((await theirs.dumps.get(ids))?.sameAs).toBeUndefined()
    expect(sent.map(({ tenant }) => tenant)).toEqual(['default', 'other'])
  })

  test.each([
    ['of another length', { bytes: 1, sha256: verified.sha256 }],
    ['that storage has not verified', { sha256: null }],
    ['of a version that came later', { versionId: 'v2' }],
  ])('%s are not the same', async (_what, head) => {
    const { store, sent, object, deliver } = await withSecond()
    await deliver(created())
    object.head = { ...verified, ...head }
    await deliver(created({ key: otherKey, size: object.head.bytes }))
    expect((await store.dumps.get(other))?.sameAs).toBeUndefined()
    expect(sent).toHaveLength(2)
  })

  test('whose first dump is no more are analysed', async () => {
    const { store, sent, deliver } = await withSecond()
    await deliver(created())
    await store.dumps.change(ids, (record) => ({ next: { ...record, status: 'aborted' } }))
    await deliver(created({ key: otherKey }))
    expect(sent.map(({ dumpId }) => dumpId)).toEqual([ids.dumpId, other.dumpId])
  })
})

describe('S3’s notifications', () => {
  test('the test message is ignored', async () => {
    const { sent, deliver } = await prepare()
    expect(await deliver(testEvent)).toEqual([])
    expect(sent).toEqual([])
  })

  test('anything else is reported by itself', async () => {
    const { sent, deliver } = await prepare()
    expect(await deliver('not JSON', '{"hello":1}', created())).toEqual([
      { itemIdentifier: 'm0' },
      { itemIdentifier: 'm1' },
    ])
    expect(sent).toHaveLength(1)
  })

  test('keys are decoded, ETags come with or without quotes, versions may be absent', () => {
    expect(uploadedObjects(created({ key: 'dumps/a+b%2Bc', eTag: '"q"', versionId: undefined }))).toEqual([
      { key: 'dumps/a b+c', bytes: finishedObject.bytes, etag: 'q', versionId: null },
    ])
  })

  test('other events are none of ours', () => {
    expect(uploadedObjects(created().replace('ObjectCreated:CompleteMultipartUpload', 'ObjectRemoved:Delete'))).toEqual(
      [],
    )
  })
})
