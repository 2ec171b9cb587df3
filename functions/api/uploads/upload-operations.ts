import { partLength, planParts } from '../../../shared/cases/links/parts.ts'
import type { SignedParts, SignParts, UploadedParts } from '../../../shared/cases/links/upload-api.ts'
import { giveDumpBack } from '../../../shared/cases/links/upload-link.ts'
import { dumpKey } from '../../../shared/cases/object-keys.ts'
import type { DumpRecord, UploadRecord } from '../../../shared/cases/records.ts'
import { abortDump, firstUploadLook, pinDump, showStatus } from '../../../shared/cases/transitions.ts'
import { compositeSha256 } from '../../../shared/upload/sha256.ts'
import { type MultipartUpload, type StoredPart, urlSeconds } from '../../aws/multipart-uploads.ts'
import type { ApiPorts } from '../ports.ts'
import { badRequest, conflict, notFound } from '../problem.ts'
import { recordEvent } from '../record-event.ts'

/** What both ways in do to an upload: an engineer's, under a case, and a customer's, under a link. */

export type NewDump = Pick<DumpRecord, 'caseId' | 'dumpId' | 'fileName' | 'bytes' | 'lane' | 'linkId' | 'fullScan'>

/** Keeps the dump that is about to be sent. `uploadId` is null where it comes in a single request. */
export const insertDump = async (
  ports: ApiPorts,
  tenant: string,
  dump: NewDump,
  uploadId: string | null,
): Promise<void> => {
  const store = ports.store(tenant)
  const now = ports.now()
  const record: DumpRecord = {
    ...dump,
    uploadId,
    status: 'uploading',
    createdAt: now.toISOString(),
    uploadedAt: null,
    etag: null,
    versionId: null,
    currentAnalysisId: null,
    traceId: ports.newTraceId(),
    sweepAt: firstUploadLook(now),
  }
  await store.dumps.insert(record, record)
  await store.cases.change(dump, (record) => showStatus(record, null, 'uploading'))
}

/** Starts an upload in parts of a dump that has an id already. */
export const startUpload = async (ports: ApiPorts, tenant: string, dump: NewDump): Promise<UploadRecord> => {
  const { caseId, dumpId } = dump
  const uploadId = ports.newId('upload')
  // An upload that S3 knows and the table does not is swept up by the bucket's lifecycle.
  const { multipartId } = await ports.uploads.start(dumpKey({ tenant, caseId, dumpId }))
  const upload: UploadRecord = { caseId, uploadId, dumpId, multipartId, ...planParts(dump.bytes) }
  await insertDump(ports, tenant, dump, uploadId)
  await ports.store(tenant).uploads.insert(upload, upload)
  return upload
}

/** An upload with its dump and what S3 knows it by. */
export type FoundUpload = {
  readonly tenant: string
  readonly upload: UploadRecord
  readonly dump: DumpRecord
  readonly atS3: MultipartUpload
}

/** Throws "not found" for an upload of another case. */
export const findUpload = async (
  ports: ApiPorts,
  id: { readonly tenant: string; readonly caseId: string; readonly uploadId: string },
): Promise<FoundUpload> => {
  const { tenant, caseId } = id
  const store = ports.store(tenant)
  const upload = await store.uploads.get(id)
  const dump = upload === null ? null : await store.dumps.get(upload)
  if (upload === null || dump === null) throw notFound('upload')
  const { dumpId, multipartId } = upload
  return { tenant, upload, dump, atS3: { key: dumpKey({ tenant, caseId, dumpId }), multipartId } }
}

const requireUploading = (dump: DumpRecord): void => {
  if (dump.status === 'uploaded') throw conflict('upload-complete', 'This upload is complete already.')
  if (dump.status === 'aborted') throw conflict('upload-aborted', 'This upload was given up. Start a new one.')
}

const uploadGone = () => conflict('upload-gone', 'Storage no longer has this upload. Start a new one.')

/** URLs that take each part with its length and its bytes alone. */
export const signParts = async (
  ports: ApiPorts,
  { upload, dump, atS3 }: FoundUpload,
  { parts }: SignParts,
): Promise<SignedParts> => {
  requireUploading(dump)
  const signed = parts.map(async ({ partNumber, sha256 }) => {
    const bytes = partLength(upload, partNumber)
    if (bytes === null) throw badRequest('no-such-part', `This upload has parts 1 to ${upload.parts} only.`)
    return { partNumber, bytes, ...(await ports.uploads.signPart(atS3, partNumber, { bytes, sha256 })) }
  })
  return { expiresInSeconds: urlSeconds, parts: await Promise.all(signed) }
}

/** The parts that storage has. 409 where the upload is over, or storage no longer knows it. */
export const listParts = async (ports: ApiPorts, { dump, atS3 }: FoundUpload): Promise<UploadedParts> => {
  requireUploading(dump)
  const parts = await ports.uploads.listParts(atS3)
  if (parts === null) throw uploadGone()
  return { parts }
}

/**
 * Puts the parts that storage has together, if they are all there and make the whole that the sender says it sent. A
 * repeat answers as the first time.
 */
export const completeUpload = async (
  ports: ApiPorts,
  found: FoundUpload,
  sha256: string,
  actor: string,
): Promise<DumpRecord> => {
  const { tenant, upload, dump, atS3 } = found
  if (dump.status === 'uploaded') return dump
  requireUploading(dump)
  const parts = await ports.uploads.listParts(atS3)
  // "Gone" may mean that an earlier request completed it and its answer got lost: the object then decides.
  if (parts !== null) await requireWhole(upload, parts, sha256)
  const completion = parts === null ? 'gone' : await ports.uploads.complete(atS3, parts)
  if (completion === 'refused') throw partsMismatch()
  const object = await ports.uploads.head(atS3.key)
  if (object === null) throw uploadGone()
  const pinned = await ports.store(tenant).dumps.change(dump, (record) => pinDump(record, object, ports.now()))
  if (pinned.record?.status !== 'uploaded') throw conflict('upload-aborted', 'This upload was given up meanwhile.')
  if (completion === 'completed') {
    const statement = `The dump ${dump.fileName} was uploaded.`
    await recordEvent(by(tenant, actor), ports, { caseId: dump.caseId, action: 'upload.completed', statement })
  }
  return pinned.record
}

const requireWhole = async (upload: UploadRecord, parts: readonly StoredPart[], sha256: string): Promise<void> => {
  const isWhole =
    parts.length === upload.parts &&
    parts.every(({ partNumber, bytes }, index) => partNumber === index + 1 && bytes === partLength(upload, partNumber))
  if (!isWhole) throw conflict('parts-missing', 'Parts are missing. List the parts, and send what is missing.')
  if ((await compositeSha256(parts.map((part) => part.sha256))) !== sha256) throw partsMismatch()
}

const partsMismatch = () =>
  conflict('parts-mismatch', 'Storage has other parts than these. List the parts, and send what differs.')

/** Gives an upload up and drops its parts; what a link allowed for it is allowed again. */
export const abortUpload = async (ports: ApiPorts, found: FoundUpload, actor: string): Promise<void> => {
  const { tenant, dump, atS3 } = found
  const store = ports.store(tenant)
  const aborted = await store.dumps.change(dump, (record) => abortDump(record))
  if (aborted.refused === 'conflict') throw conflict('upload-complete', 'This upload is complete already.')
  await ports.uploads.abort(atS3)
  await store.cases.change(dump, (record) => showStatus(record, null, 'empty'))
  const { caseId, dumpId, linkId, fileName } = dump
  if (typeof linkId === 'string')
    await store.uploadLinks.change({ caseId, linkId }, (link) => giveDumpBack(link, dumpId))
  if (aborted.refused === undefined)
    await recordEvent(by(tenant, actor), ports, {
      caseId,
      action: 'upload.aborted',
      statement: `The upload of ${fileName} was cancelled.`,
    })
}

const by = (tenant: string, subject: string) => ({ tenant, caller: { subject } })
