import { gunzipSync } from 'node:zlib'
import { Logger } from '@aws-lambda-powertools/logger'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { expect } from 'vitest'
import { apiHandler } from '../../functions/api/api.ts'
import type { ApiPorts } from '../../functions/api/ports.ts'
import { rateLimits } from '../../functions/api/rate-limit.ts'
import type { Answer } from '../../functions/aws/hand-out.ts'
import type { Completion, MultipartUploads, StoredPart } from '../../functions/aws/multipart-uploads.ts'
import { Problem } from '../../shared/cases/api.ts'
import { batchStore } from '../../shared/cases/batches/batch-store.ts'
import { idRandomBytes, makeId } from '../../shared/cases/ids.ts'
import { publicRates } from '../../shared/cases/limits/public-rates.ts'
import { linkIndex } from '../../shared/cases/links/link-index.ts'
import { linkTokenBytes, makeLinkToken } from '../../shared/cases/links/link-token.ts'
import { handedOutKey } from '../../shared/cases/object-keys.ts'
import { operationsStore } from '../../shared/cases/operations/operations-store.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { tenantStore } from '../../shared/cases/tenant-store.ts'
import type { PinnedObject } from '../../shared/cases/transitions.ts'
import { makeWebhookSecret } from '../../shared/cases/webhooks/webhook.ts'
import type { BatchMessage } from '../../shared/messages/batch-message.ts'
import type { DeliveryMessage } from '../../shared/messages/delivery-message.ts'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import { compositeSha256 } from '../../shared/upload/sha256.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { after } from '../cases/records.ts'
import { fakeQueues } from './fake-queues.ts'
import { lambdaContext, memoryDocuments, type Somebody, testIdentity, tokenOf } from './fakes.ts'

/** S3's multipart uploads, as far as the API sees them. */
const fakeUploads = () => {
  const objects = new Map<string, PinnedObject>()
  const open = new Map<string, StoredPart[]>()
  const control: { completion: Completion; aborted: string[] } = { completion: 'completed', aborted: [] }
  const uploads: MultipartUploads = {
    start: async (key) => {
      open.set(key, [])
      return { key, multipartId: `s3 name of ${key}` }
    },
    signPart: async ({ key }, partNumber, { bytes, sha256 }) => ({
      url: `https://storage.example/${key}?part=${partNumber}&bytes=${bytes}`,
      headers: { 'x-amz-checksum-sha256': sha256 },
    }),
    signObject: async (key, { bytes }) => ({ url: `https://storage.example/${key}?bytes=${bytes}`, headers: {} }),
    listParts: async ({ key }) => open.get(key) ?? null,
    complete: async ({ key }, parts) => {
      if (control.completion !== 'completed') return control.completion
      if (!open.delete(key)) return 'gone'
      objects.set(key, {
        bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
        etag: `whole-${parts.length}`,
        versionId: 'v1',
        sha256: await compositeSha256(parts.map(({ sha256 }) => sha256)),
      })
      return 'completed'
    },
    abort: async ({ key }) => {
      open.delete(key)
      control.aborted.push(key)
    },
    head: async (key) => objects.get(key) ?? null,
  }
  return { uploads, objects, open, control }
}

/** The API's handler over a table and a storage in memory, and how to call it. */
export const prepare = (changes: Partial<ApiPorts> = {}) => {
  const table = memoryTable()
  const s3 = fakeUploads()
  const documents = memoryDocuments()
  const links = linkIndex(table)
  const told: BatchMessage[] = []
  const sent: StageMessage[] = []
  const webhooksTold: DeliveryMessage[] = []
  const queues = fakeQueues()
  const handedOut = new Map<string, Answer>()
  let made = 0
  const handler = apiHandler(
    {
      store: (tenant) => caseStore(table, tenant),
      tenantStore: (tenant) => tenantStore(table, tenant),
      publicRates: publicRates(table),
      limits: rateLimits,
      tellWebhook: async (message) => void webhooksTold.push(message),
      uploads: s3.uploads,
      documents,
      handOut: async (name, answer) => {
        const url = `https://storage.example/${handedOutKey(name)}`
        handedOut.set(url, answer)
        return url
      },
      batches: (tenant) => batchStore(table, tenant),
      tellBatch: async (message) => void told.push(message),
      send: async (message) => void sent.push(message),
      operations: (tenant) => operationsStore(table, tenant),
      queues: queues.watch,
      dumps: {
        open: () => {
          throw new Error('This test has no dumps.')
        },
        link: async (id, { versionId }, fileName) => `https://storage.example/${id.dumpId}?${versionId}&${fileName}`,
      },
      links,
      now: () => after(made),
      newId: (kind) => makeId(kind, after(++made), new Uint8Array(idRandomBytes).fill(made)),
      newLinkToken: () => makeLinkToken(new Uint8Array(linkTokenBytes).fill(++made)),
      newWebhookSecret: () => makeWebhookSecret(new Uint8Array(32).fill(++made)),
      newTraceId: () => '0123456789abcdef0123456789abcdef',
      engineVersion: '9.9.9',
      retentionPolicy: { dumpDays: 30, resultDays: 730 },
      identity: testIdentity,
      ...changes,
    },
    new Logger({ logLevel: 'SILENT' }),
  )
  /** `as` is who calls; null is somebody without a token. */
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    query?: Record<string, string | undefined>,
    as: Partial<Somebody> | null = {},
    headers: Record<string, string> = {},
  ) => {
    const event = {
      version: '2.0',
      rawPath: path,
      headers,
      pathParameters: { proxy: path.replace('/api/', '') },
      queryStringParameters: query,
      requestContext: { http: { method, path }, ...(as !== null && { authorizer: tokenOf(as) }) },
      body: typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body),
      isBase64Encoded: false,
    } as unknown as APIGatewayProxyEventV2
    const { statusCode, headers: answered, body: sent, isBase64Encoded } = await handler(event, lambdaContext())
    const text = sent !== undefined && isBase64Encoded ? gunzipSync(Buffer.from(sent, 'base64')).toString() : sent
    const isJson = /json$/.test(String(answered?.['content-type'] ?? ''))
    return { status: statusCode, headers: answered ?? {}, body: text !== undefined && isJson ? JSON.parse(text) : text }
  }
  return {
    call,
    table,
    letters: queues.letters,
    documents,
    handedOut,
    links,
    told,
    sent,
    webhooksTold,
    store: caseStore(table, 'default'),
    ...s3,
  }
}

/** Expects a problem document with this status and the end of this type. */
export const expectProblem = (
  answer: { status?: number; headers: object; body: unknown },
  status: number,
  name: string,
) => {
  expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json' })
  expect(Problem.parse(answer.body)).toMatchObject({ status, type: `urn:dumpline:problem:${name}` })
  expect(answer.status).toBe(status)
}
