import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import type { CaseDetail } from '../../shared/cases/api.ts'
import { CompleteUpload, SignParts, StartUpload } from '../../shared/cases/links/upload-api.ts'
import { compositeSha256 } from '../../shared/upload/sha256.ts'
import { closeServer, json, listen, read } from './fake-http.ts'
import { found, Refuse } from './refuse.ts'

export type FakeUpload = {
  readonly caseId: string
  readonly dumpId: string
  readonly bytes: number
  readonly parts: Map<number, { etag: string; sha256: string; body: Buffer }>
  /** How often each part number was signed. */
  readonly signed: Map<number, number>
  state: 'open' | 'completed' | 'aborted'
}

type FakeStorageOptions = {
  /** Called before each part is stored: may wait, or throw `Refuse`. */
  readonly beforePart: (partNumber: number, attempt: number) => void | Promise<void>
  /** The analysis of a case, which storage hands out when it is too long for the API. */
  readonly analysisOf: (caseId: string) => Analysis | undefined
}

type Asked = {
  readonly method: string
  readonly caseId: string
  readonly uploadId: string
  readonly action: string | undefined
  readonly body: unknown
}

export type FakeStorage = {
  readonly origin: string
  readonly partBytes: number
  readonly uploads: Map<string, FakeUpload>
  /** What the API answers about the uploads of a case: a status and a body. */
  readonly answer: (detail: CaseDetail, asked: Asked) => Promise<[number, unknown]>
  readonly close: () => Promise<void>
}

/** Storage with an origin of its own, as in the cloud, and the API of the uploads into it. */
export const startFakeStorage = async ({ beforePart, analysisOf }: FakeStorageOptions): Promise<FakeStorage> => {
  const uploads = new Map<string, FakeUpload>()
  const partAttempts = new Map<string, number>()
  const partBytes = 5 * 2 ** 20

  const storage = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://storage')
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '*')
    response.setHeader('access-control-allow-methods', 'PUT')
    response.setHeader('access-control-allow-headers', 'x-amz-checksum-sha256')
    response.setHeader('access-control-expose-headers', 'ETag')
    if (request.method === 'OPTIONS') return response.writeHead(200).end()
    if (request.method === 'GET') return json(response, 200, analysisOf(url.pathname.slice('/analyses/'.length)))
    const [, uploadId = '', part = ''] = url.pathname.split('/')
    const attempt = (partAttempts.get(url.pathname) ?? 0) + 1
    partAttempts.set(url.pathname, attempt)
    try {
      await beforePart(Number(part), attempt)
      const body = await read(request)
      const upload = uploads.get(uploadId)
      if (upload?.state !== 'open') return response.writeHead(404).end()
      const etag = `"${createHash('md5').update(body).digest('hex')}"`
      const sha256 = createHash('sha256').update(body).digest('base64')
      if (request.headers['x-amz-checksum-sha256'] !== sha256) return response.writeHead(400).end()
      upload.parts.set(Number(part), { etag, sha256, body })
      response.writeHead(200, { etag }).end()
    } catch (error) {
      response.writeHead(error instanceof Refuse ? error.status : 500).end()
    }
  })
  const origin = await listen(storage)

  const start = (detail: CaseDetail, caseId: string, { fileName, bytes }: StartUpload) => {
    const uploadId = randomUUID()
    const dumpId = randomUUID()
    uploads.set(uploadId, { caseId, dumpId, bytes, parts: new Map(), signed: new Map(), state: 'open' })
    const dump = {
      caseId,
      dumpId,
      fileName,
      bytes,
      status: 'uploading' as const,
      createdAt: new Date().toISOString(),
      uploadedAt: null,
      etag: null,
      versionId: null,
      currentAnalysisId: null,
    }
    detail.dumps.push({ dump, analyses: [] })
    return { uploadId, dumpId, partBytes, parts: Math.max(1, Math.ceil(bytes / partBytes)) }
  }

  const list = (upload: FakeUpload) => {
    if (upload.state !== 'open') throw new Refuse(409, 'This upload is over.')
    const parts = [...upload.parts].map(([partNumber, { etag, sha256, body }]) => ({
      partNumber,
      etag,
      sha256,
      bytes: body.length,
    }))
    return { parts }
  }

  const sign = (uploadId: string, upload: FakeUpload, parts: SignParts['parts']) => ({
    expiresInSeconds: 900,
    parts: parts.map(({ partNumber, sha256 }) => {
      upload.signed.set(partNumber, (upload.signed.get(partNumber) ?? 0) + 1)
      const bytes = Math.min(partBytes, upload.bytes - (partNumber - 1) * partBytes)
      const url = `${origin}/${uploadId}/${partNumber}?signature=${randomUUID()}`
      return { partNumber, url, bytes, headers: { 'x-amz-checksum-sha256': sha256 } }
    }),
  })

  const complete = async (detail: CaseDetail, upload: FakeUpload, sha256: string) => {
    const digests = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part.sha256)
    if ((await compositeSha256(digests)) !== sha256) throw new Refuse(409, 'Storage has other parts than these.')
    const total = [...upload.parts.values()].reduce((sum, { body }) => sum + body.length, 0)
    if (total !== upload.bytes) throw new Refuse(400, `Storage has ${total} bytes of ${upload.bytes}.`)
    upload.state = 'completed'
    const entry = found(
      detail.dumps.find(({ dump }) => dump.dumpId === upload.dumpId),
      'dump',
    )
    entry.dump.status = 'uploaded'
    entry.dump.uploadedAt = new Date().toISOString()
    return entry.dump
  }

  const answer: FakeStorage['answer'] = async (detail, { method, caseId, uploadId, action, body }) => {
    if (uploadId === '') return [201, start(detail, caseId, StartUpload.parse(body))]
    const upload = found(uploads.get(uploadId), 'upload')
    if (method === 'DELETE') {
      upload.state = 'aborted'
      for (const { dump } of detail.dumps) if (dump.dumpId === upload.dumpId) dump.status = 'aborted'
      return [204, undefined]
    }
    if (action === 'parts' && method === 'GET') return [200, list(upload)]
    if (action === 'parts') return [200, sign(uploadId, upload, SignParts.parse(body).parts)]
    return [200, await complete(detail, upload, CompleteUpload.parse(body).sha256)]
  }

  return { origin, partBytes, uploads, answer, close: () => closeServer(storage) }
}
