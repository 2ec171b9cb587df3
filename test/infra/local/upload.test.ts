import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { s3MultipartUploads } from '../../../functions/aws/multipart-uploads.ts'
import type { ApiClient } from '../../../infra/local/job/api-client.ts'
import { uploadDump } from '../../../infra/local/upload.ts'
import type { CompleteUpload, SignParts, StartUpload } from '../../../shared/cases/links/upload-api.ts'
import { startBucket } from './support/s3.ts'
import { temporaryFolder } from './support/stack.ts'

const partBytes = 5 * 2 ** 20
const at = '2026-01-01T00:00:00.000Z'

/** The API's part in an upload, over a real bucket: signs as the API does, and keeps what it was asked. */
const fakeApi = async () => {
  const { s3, Bucket } = await startBucket()
  const uploads = s3MultipartUploads(s3, Bucket)
  const key = 'dumps/a'
  const asked: string[] = []
  const started = await uploads.start(key)
  const size = { bytes: 0 }
  const record = { caseId: 'case', title: '', createdAt: at, headline: null, verdict: null, driver: null }
  const answer = async (path: string, body: unknown): Promise<unknown> => {
    asked.push(path)
    if (path === '/api/cases') return { ...record, ...(body as object) }
    if (path === '/api/cases/case/uploads') {
      size.bytes = (body as StartUpload).bytes
      const parts = Math.max(1, Math.ceil(size.bytes / partBytes))
      return { uploadId: 'upload', dumpId: 'dump', partBytes, parts }
    }
    if (path === '/api/cases/case/uploads/upload/parts') {
      const sign = async ({ partNumber, sha256 }: SignParts['parts'][number]) => {
        const bytes = Math.min(partBytes, size.bytes - (partNumber - 1) * partBytes)
        return { partNumber, bytes, ...(await uploads.signPart(started, partNumber, { bytes, sha256 })) }
      }
      return { expiresInSeconds: 900, parts: await Promise.all((body as SignParts).parts.map(sign)) }
    }
    if (path !== '/api/cases/case/uploads/upload/complete') throw new Error(`The API has no ${path}.`)
    expect(await uploads.complete(started, (await uploads.listParts(started))!)).toBe('completed')
    const { sha256 } = body as CompleteUpload
    expect((await uploads.head(key))?.sha256).toBe(sha256)
    return {
      ...{ caseId: 'case', dumpId: 'dump', fileName: 'x.dmp', bytes: size.bytes, status: 'uploaded', createdAt: at },
      ...{ uploadedAt: at, etag: null, versionId: null, currentAnalysisId: null },
    }
  }
  const api: ApiClient = {
    get: async () => {
      throw new Error('An upload asks for nothing.')
    },
    post: async (path, body, schema) => schema.parse(await answer(path, body)),
  }
  const object = async () => (await s3.send(new GetObjectCommand({ Bucket, Key: key }))).Body!.transformToByteArray()
  return { api, asked, object }
}

test.for([
  // The first six, and the other seven.
  ['many parts', 12 * partBytes + 1234, 2],
  ['a few bytes', 10, 1],
  ['no bytes', 0, 1],
] as const)('a file of %s arrives as it is', async ([, bytes, signings]) => {
  const file = join(await temporaryFolder(), 'x.dmp')
  const content = randomBytes(bytes)
  await writeFile(file, content)
  const { api, asked, object } = await fakeApi()
  const progress: number[] = []
  const { caseId, dump } = await uploadDump(api, file, (arrived) => progress.push(arrived))
  expect([caseId, dump.dumpId]).toEqual(['case', 'dump'])
  expect(Buffer.compare(await object(), content)).toBe(0)
  expect(progress.at(-1)).toBe(bytes)
  expect(asked.filter((path) => path.endsWith('/parts')).length).toBe(signings)
})
