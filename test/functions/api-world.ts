import { bodyExamples } from '../../functions/api/examples.ts'
import { operationOf } from '../../functions/api/openapi.ts'
import type { Route } from '../../functions/api/route.ts'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import type { BatchRecord, BatchStatus } from '../../shared/cases/batches/batch.ts'
import { batchStore } from '../../shared/cases/batches/batch-store.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import { tenantStore } from '../../shared/cases/tenant-store.ts'
import { endOf } from '../../shared/cases/webhooks/analysis-event.ts'
import { newDelivery } from '../../shared/cases/webhooks/delivery.ts'
import type { Webhook } from '../../shared/cases/webhooks/webhook-api.ts'
import { compositeSha256 } from '../../shared/upload/sha256.ts'
import { after, analysisRecord, caseRecord, ids, queuedStage, start, uploadedDump } from '../cases/records.ts'
import { snapshot, tagRow } from '../growth/snapshots.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { prepare } from './api-under-test.ts'
import type { Somebody } from './fakes.ts'

const file = Buffer.from(
  handMadeKernel('x86', [{ name: 'leaky.sys', base: 0xf6000000n, image: { size: 0x2000 } }]).file(),
)
const digest = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='

/** A request to an operation, apart from the method and the names in its path. */
type Sample = {
  readonly ids?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string>>
}

const numbered = (kind: string, number: number): string => `${kind}_${String(number).padStart(26, '0')}`

/**
 * A tenant with one of everything, so that each operation of the API has something to work on: a case with two analysed
 * dumps, a note, an upload under way, a link of each kind.
 */
export const makeWorld = async () => {
  const api = prepare({
    dumps: { open: () => bufferSource(file), link: async ({ dumpId }) => `https://storage.example/${dumpId}` },
  })
  const { store, table, documents, call, open } = api
  await store.cases.insert(caseRecord, caseRecord)
  const dumps = [1, 2].map((number) => ({ dumpId: numbered('dump', number), analysisId: numbered('analysis', number) }))
  for (const [index, { dumpId, analysisId }] of dumps.entries()) {
    const id = { ...ids, dumpId, analysisId }
    await store.dumps.insert(id, { ...uploadedDump, ...id, bytes: file.length, currentAnalysisId: analysisId })
    await store.analyses.insert(id, { ...analysisRecord, ...id, status: 'done' })
    // Its result is not kept here: whoever wants it opens the dump anew.
    await store.stages.insert({ ...id, stage: 'header' }, { ...queuedStage, ...id, stage: 'header', status: 'failed' })
    const analysis = snapshot(index * 24, [tagRow('Thre', 1000 * (index + 1), 624_000 * (index + 1))])
    documents.texts.set(analysisKey({ tenant: 'default', ...id }), JSON.stringify(analysis))
  }
  // A stage that failed for good, and its dead letter: of this tenant, about the first dump.
  const failed = { ...queuedStage, ...ids, ...dumps[0], stage: 'pool' } as const
  await store.stages.insert(failed, {
    ...{ ...failed, status: 'failed', finishedAt: after(5).toISOString() },
    ...{ note: 'S3 did not answer.', retriable: true },
  })
  const body = JSON.stringify({ tenant: 'default', ...ids, ...dumps[0], stage: 'pool', attempt: 1 })
  api.letters.set('pool', [{ messageId: 'm1', body, sentAt: after(1) }])
  const make = async (path: string, body?: unknown) => {
    const made = await call('POST', `/api${path}`, body)
    if (made.status !== 201) throw new Error(`${path}: ${JSON.stringify(made.body)}`)
    return made.body as Record<string, string>
  }
  const casePath = `/cases/${ids.caseId}`
  const note = await make(`${casePath}/notes`, { text: 'A note.' })
  const upload = await make(`${casePath}/uploads`, { fileName: 'a.dmp', bytes: 100 })
  const madeLink = await make(`${casePath}/upload-links`, { company: 'Contoso' })
  const uploadLink = { linkId: (madeLink.link as unknown as { linkId: string }).linkId, token: madeLink.token }
  const linkUpload = await make(`/upload-links/${uploadLink.token}/uploads`, { fileName: 'b.dmp', bytes: 100 })
  const vendorLink = await make(`${casePath}/vendor-links`, { dumpId: dumps[0].dumpId })
  for (const parts of open.values()) parts.push({ partNumber: 1, etag: '"e"', bytes: 100, sha256: digest })

  /** A batch for each action, in a state that takes it. */
  const batchIn = async (status: BatchStatus): Promise<Sample> => {
    const { batch } = (await make('/reprocessing', { name: status })) as unknown as { batch: BatchRecord }
    const pause = status === 'paused' ? { reason: 'a', at: batch.createdAt, goesOnWith: 'running' as const } : null
    await batchStore(table, 'default').batches.change(batch, (record) => ({ next: { ...record, status, pause } }))
    return { ids: { batchId: batch.batchId } }
  }
  const planned = await batchIn('planned')
  const { webhook } = (await make('/webhooks', { url: 'https://hooks.example.com/a' })) as unknown as {
    webhook: Webhook
  }
  const delivered = newDelivery(
    webhook.webhookId,
    endOf('default', { ...analysisRecord, status: 'done', finishedAt: analysisRecord.createdAt })!,
    start,
  )
  const eventId = delivered.event.id
  await tenantStore(table, 'default').deliveries.insert(
    { webhookId: webhook.webhookId, eventId },
    { ...delivered, status: 'failed' },
  )
  const known: Record<string, string> = {
    ...{
      caseId: ids.caseId,
      ...dumps[0],
      noteId: note.noteId,
      uploadId: upload.uploadId,
      ...planned.ids,
      webhookId: webhook.webhookId,
    },
  }
  const sha256 = await compositeSha256([digest])
  const ofVendorLink: Sample = { ids: { linkId: vendorLink.linkId, token: vendorLink.token } }
  const ofUploadLink: Sample = {
    ids: { linkId: uploadLink.linkId, token: uploadLink.token, uploadId: linkUpload.uploadId },
  }
  /** What operations need beside ids of the case and the body of their example. */
  const samples: Record<string, Sample> = {
    'PATCH /cases/{caseId}': {
      body: { revision: (await call('GET', `/api${casePath}`)).body.case.revision ?? 0, title: 'b' },
    },
    'PATCH /cases/{caseId}/notes/{noteId}': { body: { text: 'b', revision: note.revision } },
    'POST /cases/{caseId}/uploads/{uploadId}/complete': { body: { sha256 } },
    'POST /upload-links/{token}/uploads/{uploadId}/complete': { body: { sha256 } },
    'POST /upload-links/{token}/put': { query: { fileName: 'c.dmp', bytes: '10' } },
    'POST /cases/{caseId}/vendor-links': { body: { dumpId: dumps[0].dumpId } },
    'GET /cases/{caseId}/dumps/{dumpId}/memory': { query: { address: '0xf6001000', length: '16' } },
    'POST /webhooks/{webhookId}/send-again': { body: { eventId } },
    'POST /reprocessing/{batchId}/pause': await batchIn('running'),
    'POST /reprocessing/{batchId}/resume': await batchIn('paused'),
    'POST /reprocessing/{batchId}/publish': await batchIn('done'),
    'POST /reprocessing/{batchId}/move-back': await batchIn('published'),
    'DELETE /cases/{caseId}/vendor-links/{linkId}': ofVendorLink,
    'DELETE /cases/{caseId}/upload-links/{linkId}': ofUploadLink,
  }
  const sampleOf = (route: Route): Sample => {
    const shared = route.path.startsWith('/vendor-links/')
      ? ofVendorLink
      : route.path.startsWith('/upload-links/')
        ? ofUploadLink
        : {}
    return { body: bodyExamples[operationOf(route)], ...shared, ...samples[operationOf(route)] }
  }

  /** The path of an operation. `change` makes another id of each: of a thing that is not there, for example. */
  const pathOf = (route: Route, change: (name: string, id: string) => string = (_, id) => id): string =>
    `/api${route.path}`.replace(/\{(\w+)\}/g, (_, name: string) => {
      const id = { ...known, ...sampleOf(route).ids }[name]
      if (id === undefined)
        throw new Error(`The world of the tests has nothing for {${name}} of ${operationOf(route)}.`)
      return change(name, id)
    })

  /** Asks an operation for what the world holds. */
  const ask = (route: Route, as: Partial<Somebody> | null, path = pathOf(route)) => {
    const { body, query } = sampleOf(route)
    if (route.body !== undefined && body === undefined)
      throw new Error(`functions/api/examples.ts has no body for ${operationOf(route)}.`)
    return call(route.method, path, body, query, as)
  }
  return { ...api, ask, pathOf, sampleOf }
}

/** An id of the same kind, or a token, of nothing. */
export const ofNothing = (name: string, id: string): string =>
  name === 'token' ? id.replace(/^...../, 'zzzzz') : id.replace(/_.*/, `_${'7'.repeat(26)}`)
