import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listenOnLoopback } from '../../infra/local/endpoints/loopback.ts'
import { portalClientId, serveIdentity } from '../../infra/local/identity/provider.ts'
import { type IdentitySecrets, identitySecretsOf } from '../../infra/local/identity/secrets.ts'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import { type CaseDetail, CreateCase } from '../../shared/cases/api.ts'
import type { Retention } from '../../shared/cases/life/retention-api.ts'
import type { OpenUploadLink } from '../../shared/cases/links/upload-api.ts'
import { mayDo, Permission, type Role } from '../../shared/cases/permissions.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { type FakeCaseLife, fakeCaseLife, fakeGroups, fakeSearch } from './fake-case-life.ts'
import { fakeFullScan } from './fake-full-scan.ts'
import { closeServer, json, listen, read } from './fake-http.ts'
import { type FakeOperations, fakeOperations, quietOperations } from './fake-operations.ts'
import { type FakeReports, fakeReports, fakeSharedReport } from './fake-reports.ts'
import { type FakeBatch, fakeReprocessing } from './fake-reprocessing.ts'
import { type FakeUpload, startFakeStorage } from './fake-storage.ts'
import { type FakeWebhook, fakeWebhooks } from './fake-webhooks.ts'
import { found, Refuse } from './refuse.ts'
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

export type FakeApiOptions = { readonly pageSize?: number; readonly accessTokenSeconds?: number }

export const startFakeApi = async (portalFolder: string, options: FakeApiOptions = {}): Promise<FakeApi> => {
  const { pageSize = 50 } = options
  const cases = new Map<string, FakeCase>()
  const batches = new Map<string, FakeBatch>()
  const webhooks: FakeWebhook[] = []
  const uploadLinks = new Map<string, OpenUploadLink>()
  const storage = await startFakeStorage({
    beforePart: (partNumber, attempt) => fake.beforePart(partNumber, attempt),
    analysisOf: (caseId) => cases.get(caseId)?.analysis,
  })

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
      if (known.long) throw new Elsewhere(`${storage.origin}/analyses/${caseId}`)
      return [200, found(known.analysis, 'analysis')]
    }
    if (part === 'upload-links') return [200, { links: [] }]
    if (part === 'retention') return [200, known.retention ?? nothingKept]
    if (part !== 'uploads') throw new Refuse(404, 'There is nothing at this path.')
    return storage.answer(known.detail, { method, caseId, uploadId, action, body })
  }

  const identity = await listenOnLoopback(0)
  const portal = servePortal(portalFolder, [storage.origin, identity.origin])
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
    uploads: storage.uploads,
    operations: quietOperations(),
    batches,
    webhooks,
    uploadLinks,
    shared: new Map(),
    partBytes: storage.partBytes,
    beforeApi: () => undefined,
    beforePart: () => undefined,
    close: async () => {
      await identity.close()
      await closeServer(site)
      await storage.close()
    },
  }
  return fake
}
