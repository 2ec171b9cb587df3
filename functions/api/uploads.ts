import { CompleteUpload, SignedParts, SignParts, StartUpload, Upload, UploadedParts } from '../../shared/cases/api.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import { partLength, planParts } from '../../shared/cases/parts.ts'
import { DumpRecord, type UploadRecord } from '../../shared/cases/records.ts'
import { abortDump, firstUploadLook, pinDump, showStatus } from '../../shared/cases/transitions.ts'
import type { MultipartUpload } from '../aws/multipart-uploads.ts'
import type { ApiPorts } from './ports.ts'
import { badRequest, conflict, notFound } from './problem.ts'
import { route } from './route.ts'

type UploadPath = { readonly tenant: string; readonly path: Readonly<Record<string, string>> }

/** The upload a path names, with its dump and what S3 knows it by. */
const findUpload = async ({ tenant, path: { caseId, uploadId } }: UploadPath, ports: ApiPorts) => {
  const store = ports.store(tenant)
  const upload = await store.uploads.get({ caseId, uploadId })
  if (upload === null) throw notFound('upload in this case')
  const { dumpId, multipartId } = upload
  const dump = await store.dumps.get({ caseId, dumpId })
  if (dump === null) throw notFound('upload in this case')
  const atS3: MultipartUpload = { key: dumpKey({ tenant, caseId, dumpId }), multipartId }
  return { store, upload, dump, atS3 }
}

const requireUploading = (dump: DumpRecord): void => {
  if (dump.status === 'uploaded') throw conflict('upload-complete', 'This upload is complete already.')
  if (dump.status === 'aborted') throw conflict('upload-aborted', 'This upload was aborted. Start a new one.')
}

export const uploadRoutes = [
  route({
    method: 'POST',
    path: '/cases/{caseId}/uploads',
    permission: 'cases:write',
    summary: 'Start uploading a dump, in parts that go straight to storage',
    status: 201,
    body: StartUpload,
    response: Upload,
    run: async ({ tenant, path: { caseId }, body: { fileName, bytes, lane } }, ports) => {
      const store = ports.store(tenant)
      if ((await store.cases.get({ caseId })) === null) throw notFound('case')
      const dumpId = ports.newId('dump')
      const uploadId = ports.newId('upload')
      const plan = planParts(bytes)
      const now = ports.now()
      // An upload that S3 knows and the table does not is swept up by the bucket's lifecycle.
      const { multipartId } = await ports.uploads.start(dumpKey({ tenant, caseId, dumpId }))
      const dump: DumpRecord = {
        caseId,
        dumpId,
        fileName,
        bytes,
        status: 'uploading',
        createdAt: now.toISOString(),
        uploadedAt: null,
        etag: null,
        versionId: null,
        currentAnalysisId: null,
        lane,
        traceId: ports.newTraceId(),
        sweepAt: firstUploadLook(now),
      }
      const upload: UploadRecord = { caseId, uploadId, dumpId, multipartId, ...plan }
      await store.dumps.insert(dump, dump)
      await store.uploads.insert(upload, upload)
      await store.cases.change({ caseId }, (record) => showStatus(record, null, 'uploading'))
      return { value: { uploadId, dumpId, partBytes: plan.partBytes, parts: plan.parts } }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/uploads/{uploadId}/parts',
    permission: 'cases:write',
    summary: 'Get URLs to PUT parts to',
    status: 200,
    body: SignParts,
    response: SignedParts,
    run: async (request, ports) => {
      const { upload, dump, atS3 } = await findUpload(request, ports)
      requireUploading(dump)
      const parts = request.body.partNumbers.map(async (partNumber) => {
        const bytes = partLength(upload, partNumber)
        if (bytes === null) throw badRequest('no-such-part', `This upload has parts 1 to ${upload.parts} only.`)
        return { partNumber, bytes, url: await ports.uploads.signPart(atS3, partNumber, bytes) }
      })
      return { value: { parts: await Promise.all(parts) } }
    },
  }),
  route({
    method: 'GET',
    path: '/cases/{caseId}/uploads/{uploadId}/parts',
    permission: 'cases:write',
    summary: 'List the parts that have arrived, to resume an upload',
    status: 200,
    response: UploadedParts,
    run: async (request, ports) => {
      const { dump, atS3 } = await findUpload(request, ports)
      requireUploading(dump)
      const parts = await ports.uploads.listParts(atS3)
      if (parts === null) throw conflict('upload-gone', 'Storage no longer has this upload. Start a new one.')
      return { value: { parts } }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/uploads/{uploadId}/complete',
    permission: 'cases:write',
    summary: 'Put the parts together; the analysis then begins by itself',
    status: 200,
    body: CompleteUpload,
    response: DumpRecord,
    run: async (request, ports) => {
      const { store, upload, dump, atS3 } = await findUpload(request, ports)
      if (dump.status === 'uploaded') return { value: dump }
      requireUploading(dump)
      const parts = [...request.body.parts].sort((a, b) => a.partNumber - b.partNumber)
      if (parts.length !== upload.parts || parts.some(({ partNumber }, index) => partNumber !== index + 1))
        throw badRequest('parts-missing', `Name each of the parts 1 to ${upload.parts} once.`)

      // "Gone" may mean that an earlier request completed it and its answer got lost: the object then decides.
      const completion = await ports.uploads.complete(atS3, parts)
      if (completion === 'refused')
        throw conflict(
          'parts-mismatch',
          'Storage has other parts than these. List the parts, and send what is missing.',
        )
      const object = await ports.uploads.head(atS3.key)
      if (object === null) throw conflict('upload-gone', 'Storage no longer has this upload. Start a new one.')
      const pinned = await store.dumps.change(dump, (record) => pinDump(record, object, ports.now()))
      if (pinned.record?.status !== 'uploaded') throw conflict('upload-aborted', 'This upload was aborted meanwhile.')
      return { value: pinned.record }
    },
  }),
  route({
    method: 'DELETE',
    path: '/cases/{caseId}/uploads/{uploadId}',
    permission: 'cases:write',
    summary: 'Abort an upload and drop its parts',
    status: 204,
    run: async (request, ports) => {
      const { store, dump, atS3 } = await findUpload(request, ports)
      const aborted = await store.dumps.change(dump, abortDump)
      if (aborted.refused === 'conflict') throw conflict('upload-complete', 'This upload is complete already.')
      await ports.uploads.abort(atS3)
      await store.cases.change(dump, (record) => showStatus(record, null, 'empty'))
      return { empty: true }
    },
  }),
]
