import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listenOnLoopback } from '../../infra/local/endpoints/loopback.ts'
import { portalClientId, serveIdentity } from '../../infra/local/identity/provider.ts'
import { type IdentitySecrets, identitySecretsOf } from '../../infra/local/identity/secrets.ts'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import { type CaseDetail, CreateCase } from '../../shared/cases/api.ts'
import type { Retention } from '../../shared/cases/life/retention-api.ts'
import { CompleteUpload, type OpenUploadLink, SignParts, StartUpload } from '../../shared/cases/links/upload-api.ts'
import { mayDo, Permission, type Role } from '../../shared/cases/permissions.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { compositeSha256 } from '../../shared/upload/sha256.ts'
import { type FakeCaseLife, fakeCaseLife, fakeGroups, fakeSearch } from './fake-case-life.ts'
import { fakeFullScan } from './fake-full-scan.ts'
import { type FakeOperations, fakeOperations, quietOperations } from './fake-operations.ts'
import { type FakeReports, fakeReports, fakeSharedReport } from './fake-reports.ts'
import { type FakeBatch, fakeReprocessing } from './fake-reprocessing.ts'
import { type FakeWebhook, fakeWebhooks } from './fake-webhooks.ts'
import { Refuse } from './refuse.ts'
import { servePortal } from './serve-portal.ts'

/**
 * Stands in for the API and for storage, so that a test can put the portal into any state. Storage has another origin,
 * as in the cloud. It holds to the protocol: unknown paths, bad bodies and wrong part sizes are refused.
 */
export type FakeApi = {
  readonly origin: string
  readonly cases: Map<string, FakeCase>
  /** Called before each answer to `/api`: may wait, or answer with a status by throwing `Refuse`. */
  beforeApi: (method: string, path: string) => void | Promise<void>
  /** Called before each part is stored: may wait, or throw `Refuse`. */
  beforePart: (partNumber: number, attempt: number) => void | Promise<void>
  readonly partBytes: number
  readonly uploads: Map<string, FakeUpload>
  operations: FakeOperations
  readonly batches: Map<string, FakeBatch>
  /** The tenant's webhooks, newest first, and what was sent to each. */
  readonly webhooks: FakeWebhook[]
  /** What customers see of upload links, by token. */
  readonly uploadLinks: Map<string, OpenUploadLink>
  /** Reports behind vendor links, by token. */
  readonly shared: Map<string, Analysis | 'ended'>
  /** Whether a token still counts; others are answered 401. */
  accepts: (claims: TokenClaims) => boolean
  /** Signs everybody out at the provider. */
  readonly endSessions: () => void
  readonly close: () => Promise<void>
}

/** A `long` analysis is not in the API's answer: that leads to storage, as for one too long for a function's answer. */
export type FakeCase = FakeReports &
  FakeCaseLife & { detail: CaseDetail; analysis?: Analysis; long?: boolean; retention?: Retention }
export type FakeUpload = {
  readonly caseId: string
  readonly dumpId: string
  readonly bytes: number
  readonly parts: Map<number, { etag: string; sha256: string; body: Buffer }>
  /** How often each part number was signed. */
  readonly signed: Map<number, number>
  state: 'open' | 'completed' | 'aborted'
}

/** Of a case whose retention is not what a test is about. */
const nothingKept: Retention = {
  hold: null,
  warnDays: 7,
  dumps: [],
  results: { state: 'kept', until: null, reason: 'The case is open.' },
}

class Elsewhere extends Error {}

export type TokenClaims = { readonly sub: string; readonly tenant: string; readonly role: Role; readonly iat: number }

/** What the token says; that it is genuine is for the tests of the local stack. */
const claimsOf = ({ headers }: IncomingMessage): TokenClaims | null => {
  const [, payload] = /^Bearer [\w-]+\.([\w-]+)\./.exec(headers.authorization ?? '') ?? []
  return payload === undefined ? null : JSON.parse(Buffer.from(payload, 'base64url').toString())
}

const meOf = ({ sub, tenant, role }: TokenClaims) => ({
  subject: sub,
  tenant,
  role,
  permissions: Permission.options.filter((permission) => mayDo(role, permission)),
})

let secrets: Promise<IdentitySecrets> | null = null
/** Made once a process: a key takes a while. */
const testSecrets = (): Promise<IdentitySecrets> => {
  secrets ??= mkdtemp(join(tmpdir(), 'dumpline-identity-')).then(async (folder) => {
    const made = await identitySecretsOf(folder)
    await rm(folder, { recursive: true })
    return made
  })
  return secrets
}

const read = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  if (typeof body === 'string') return void response.writeHead(status, { 'content-type': 'text/plain' }).end(body)
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const found = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Refuse(404, `There is no such ${what}.`)
  return value
}

export type FakeApiOptions = { readonly pageSize?: number; readonly accessTokenSeconds?: number }

export const startFakeApi = async (portalFolder: string, options: FakeApiOptions = {}): Promise<FakeApi> => {
  const { pageSize = 50 } = options
  const cases = new Map<string, FakeCase>()
  const uploads = new Map<string, FakeUpload>()
  const batches = new Map<string, FakeBatch>()
  const webhooks: FakeWebhook[] = []
  const uploadLinks = new Map<string, OpenUploadLink>()
  const partAttempts = new Map<string, number>()
  const partBytes = 5 * 2 ** 20

  const storage = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://storage')
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '*')
    response.setHeader('access-control-allow-methods', 'PUT')
    response.setHeader('access-control-allow-headers', 'x-amz-checksum-sha256')
    response.setHeader('access-control-expose-headers', 'ETag')
    if (request.method === 'OPTIONS') return response.writeHead(200).end()
    if (request.method === 'GET')
      return json(response, 200, cases.get(url.pathname.slice('/analyses/'.length))?.analysis)
    const [, uploadId = '', part = ''] = url.pathname.split('/')
    const attempt = (partAttempts.get(url.pathname) ?? 0) + 1
    partAttempts.set(url.pathname, attempt)
    try {
      await fake.beforePart(Number(part), attempt)
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
  const storageOrigin = await listen(storage)

  const records = () => [...cases.values()].map(({ detail }) => detail.case)
  const api = async (
    method: string,
    path: string,
    query: URLSearchParams,
    body: unknown,
    subject: string,
  ): Promise<[number, unknown]> => {
    const [resource, caseId = '', part, uploadId = '', action, analysisId] = path.split('/').map(decodeURIComponent)
    if (resource === 'operations')
      return fakeOperations(fake.operations, { method, name: caseId, query, body, subject })
    if (resource === 'webhooks')
      return fakeWebhooks(webhooks, { method, path: path.split('/').slice(1), query, body, subject })
    if (resource === 'reprocessing') return fakeReprocessing(batches, path.split('/').slice(1), query)
    if (resource === 'case-groups') return [200, fakeGroups(records(), query)]
    if (resource !== 'cases') throw new Refuse(404, 'There is nothing at this path.')
    if (caseId === '') {
      if (method === 'GET') return [200, fakeSearch(records(), query, subject, pageSize)]
      const record: CaseRecord = {
        ...CreateCase.parse(body),
        caseId: randomUUID(),
        createdAt: new Date().toISOString(),
        createdBy: subject,
        headline: null,
        verdict: null,
        driver: null,
      }
      cases.set(record.caseId, { detail: { case: record, dumps: [] } })
      return [201, record]
    }
    const known = found(cases.get(caseId), 'case')
    const life = fakeCaseLife(known, { method, caseId, path: path.split('/').slice(2), body, subject })
    if (life !== null) return life
    if (part === undefined) return [200, known.detail]
    const reports = fakeReports(known, { method, caseId, path: path.split('/').slice(2), query, body })
    if (reports !== null) return reports
    if (part === 'dumps' && (action === 'full-scan' || (action === 'analyses' && analysisId === undefined)))
      return fakeFullScan(known.detail, uploadId, method)
    if (part === 'dumps' && action === 'analyses') {
      if (known.long) throw new Elsewhere(`${storageOrigin}/analyses/${caseId}`)
      return [200, found(known.analysis, 'analysis')]
    }
    if (part === 'upload-links') return [200, { links: [] }]
    if (part === 'retention') return [200, known.retention ?? nothingKept]
    if (part !== 'uploads') throw new Refuse(404, 'There is nothing at this path.')
    if (uploadId === '') return [201, start(known, caseId, StartUpload.parse(body))]
    const upload = found(uploads.get(uploadId), 'upload')
    if (method === 'DELETE') {
      upload.state = 'aborted'
      for (const { dump } of known.detail.dumps) if (dump.dumpId === upload.dumpId) dump.status = 'aborted'
      return [204, undefined]
    }
    if (action === 'parts' && method === 'GET') return [200, list(upload)]
    if (action === 'parts') return [200, sign(uploadId, upload, SignParts.parse(body).parts)]
    return [200, await complete(known, upload, CompleteUpload.parse(body).sha256)]
  }

  const start = (known: FakeCase, caseId: string, { fileName, bytes }: StartUpload) => {
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
    known.detail.dumps.push({ dump, analyses: [] })
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
      const url = `${storageOrigin}/${uploadId}/${partNumber}?signature=${randomUUID()}`
      return { partNumber, url, bytes, headers: { 'x-amz-checksum-sha256': sha256 } }
    }),
  })

  const complete = async (known: FakeCase, upload: FakeUpload, sha256: string) => {
    const digests = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part.sha256)
    if ((await compositeSha256(digests)) !== sha256) throw new Refuse(409, 'Storage has other parts than these.')
    const total = [...upload.parts.values()].reduce((sum, { body }) => sum + body.length, 0)
    if (total !== upload.bytes) throw new Refuse(400, `Storage has ${total} bytes of ${upload.bytes}.`)
    upload.state = 'completed'
    const entry = found(
      known.detail.dumps.find(({ dump }) => dump.dumpId === upload.dumpId),
      'dump',
    )
    entry.dump.status = 'uploaded'
    entry.dump.uploadedAt = new Date().toISOString()
    return entry.dump
  }

  const identity = await listenOnLoopback(0)
  const portal = servePortal(portalFolder, [storageOrigin, identity.origin])
  const site = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://portal')
    if (!url.pathname.startsWith('/api/')) return portal(url.pathname, response)
    if (url.pathname === '/api/sign-in')
      return json(response, 200, { issuer: identity.origin, clientId: portalClientId, scopes: 'openid profile' })
    if (url.pathname.startsWith('/api/vendor-links/'))
      return json(response, ...fakeSharedReport(fake.shared, url.pathname.slice(5).split('/')))
    if (url.pathname.startsWith('/api/upload-links/')) {
      const link = uploadLinks.get(url.pathname.slice('/api/upload-links/'.length))
      return link === undefined ? json(response, 404, { detail: 'This link is not open.' }) : json(response, 200, link)
    }
    const claims = claimsOf(request)
    if (claims === null || !fake.accepts(claims)) return json(response, 401, { message: 'Unauthorized' })
    if (url.pathname === '/api/me') return json(response, 200, meOf(claims))
    const method = request.method ?? 'GET'
    try {
      const text = (await read(request)).toString('utf8')
      await fake.beforeApi(method, url.pathname)
      json(
        response,
        ...(await api(
          method,
          url.pathname.slice(5),
          url.searchParams,
          text === '' ? null : JSON.parse(text),
          claims.sub,
        )),
      )
    } catch (error) {
      if (error instanceof Elsewhere) return response.writeHead(307, { location: error.message }).end()
      const status = error instanceof Refuse ? error.status : 400
      const detail = error instanceof Error ? error.message : String(error)
      json(response, status, { type: 'urn:dumpline:fake', title: 'Refused', status, detail })
    }
  })

  const origin = await listen(site)
  const { endSessions } = serveIdentity(identity, {
    secrets: await testSecrets(),
    portalOrigins: [origin],
    accessTokenSeconds: options.accessTokenSeconds ?? 900,
  })
  const fake: FakeApi = {
    origin,
    accepts: () => true,
    endSessions,
    cases,
    uploads,
    operations: quietOperations(),
    batches,
    webhooks,
    uploadLinks,
    shared: new Map(),
    partBytes,
    beforeApi: () => undefined,
    beforePart: () => undefined,
    close: async () => {
      await identity.close()
      for (const server of [site, storage]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
  return fake
}
