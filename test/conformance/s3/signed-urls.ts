import { createHash, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { expect } from 'vitest'
import { s3Documents } from '../../../functions/aws/documents.ts'
import { s3Dumps } from '../../../functions/aws/dumps.ts'
import { s3HandOut } from '../../../functions/aws/hand-out.ts'
import { type Signed, s3MultipartUploads } from '../../../functions/aws/multipart-uploads.ts'
import { uploadedDump } from '../../cases/records.ts'
import type { Behaviour } from '../place.ts'
import type { OpenBucket } from './open-bucket.ts'

const newKey = (): string => `dumps/${randomUUID()}/a b`
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')
const checksum = 'x-amz-checksum-sha256'

/** Status and S3's error code of an answer. */
const outcome = async (answer: Promise<Response>): Promise<string> => {
  const { status, text } = await answer.then(async (got) => ({ status: got.status, text: await got.text() }))
  return `${status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? ''}`.trim()
}
const put = ({ url, headers }: Signed, body: string, more: Record<string, string> = {}) =>
  outcome(fetch(url, { method: 'PUT', body, headers: { ...headers, ...more } }))

/** A part's URL for `abc`, and what S3 has of the upload. */
const signedPart = async ({ client, bucket }: OpenBucket) => {
  const uploads = s3MultipartUploads(client, bucket)
  const upload = await uploads.start(newKey())
  const signed = await uploads.signPart(upload, 1, { bytes: 3, sha256: sha256('abc') })
  return { uploads, upload, signed }
}

export const signedUrlBehaviours: readonly Behaviour<OpenBucket>[] = [
  {
    name: 'a part’s URL takes the part, from any page, which may read its ETag',
    holds: async (place) => {
      const { signed } = await signedPart(place)
      const origin = 'https://portal.example'
      const asked = {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': checksum,
      }
      const preflight = await fetch(signed.url, { method: 'OPTIONS', headers: asked })
      expect(preflight.status).toBe(200)
      expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT')
      expect(preflight.headers.get('access-control-allow-headers')).toContain(checksum)
      const answer = await fetch(signed.url, { method: 'PUT', body: 'abc', headers: { ...signed.headers, origin } })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/portal\.example)$/)
      expect(answer.headers.get('access-control-expose-headers')).toContain('ETag')
      expect(answer.headers.get('etag')).toBe(`"${createHash('md5').update('abc').digest('hex')}"`)
    },
  },
  {
    name: 'a part’s URL takes no other length, and nothing without the signed checksum',
    holds: async (place) => {
      const { signed } = await signedPart(place)
      expect(await put(signed, 'abcd')).toBe('403 SignatureDoesNotMatch')
      expect(await put(signed, 'ab')).toBe('403 SignatureDoesNotMatch')
      expect(await put(signed, 'abd', { [checksum]: sha256('abd') })).toBe('403 SignatureDoesNotMatch')
      expect(await put({ ...signed, headers: {} }, 'abc')).toMatch(/^403 (SignatureDoesNotMatch|AccessDenied)$/)
    },
  },
  {
    name: 'a part’s URL takes no other bytes of the same length',
    holds: async (place) => {
      const { uploads, upload, signed } = await signedPart(place)
      expect(await put(signed, 'abd')).toBe('400 BadDigest')
      expect(await uploads.listParts(upload)).toEqual([])
    },
  },
  {
    name: 'a part’s URL with anything in it changed is refused',
    holds: async (place) => {
      const { signed } = await signedPart(place)
      const signature = /(?<=X-Amz-Signature=)./
      const [digit] = signature.exec(signed.url) ?? []
      for (const [from, to] of [
        ['partNumber=1', 'partNumber=2'],
        ['X-Amz-Expires=900', 'X-Amz-Expires=90000'],
        [/(?<=dumps\/)./, 'x'],
        [signature, digit === '0' ? '1' : '0'],
      ] as const) {
        const url = signed.url.replace(from, to)
        expect(url).not.toBe(signed.url)
        expect(await put({ ...signed, url }, 'abc')).toBe('403 SignatureDoesNotMatch')
      }
    },
  },
  {
    name: 'a whole object’s URL makes an object where there is none, and takes no object’s place',
    holds: async ({ client, bucket }) => {
      const uploads = s3MultipartUploads(client, bucket)
      const key = newKey()
      const signed = await uploads.signObject(key, { bytes: 3, sha256: sha256('abc') })
      expect(await put(signed, 'abc')).toBe('200')
      expect(await put(signed, 'abc')).toBe('412 PreconditionFailed')
      expect(await uploads.head(key)).toMatchObject({ bytes: 3 })
    },
  },
  {
    name: 'a whole object’s URL has the object keep its SHA-256, and takes no other bytes',
    holds: async ({ client, bucket }) => {
      const uploads = s3MultipartUploads(client, bucket)
      const key = newKey()
      const signed = await uploads.signObject(key, { bytes: 3, sha256: sha256('abc') })
      expect(await put(signed, 'abd')).toBe('400 BadDigest')
      expect(await uploads.head(key)).toBeNull()
      expect(await put(signed, 'abc')).toBe('200')
      expect(await uploads.head(key)).toMatchObject({ sha256: sha256('abc') })
    },
  },
  {
    name: 'a URL does not hold after its time',
    holds: async ({ client, bucket }) => {
      const command = new GetObjectCommand({ Bucket: bucket, Key: newKey() })
      const options = { expiresIn: 60, signingDate: new Date(Date.now() - 61_000) }
      expect(await outcome(fetch(await getSignedUrl(client, command, options)))).toBe('403 AccessDenied')
    },
  },
  {
    name: 'a link to a document lets anyone read it, and do nothing else',
    holds: async ({ client, bucket }) => {
      const documents = s3Documents(client, bucket)
      const key = newKey()
      await documents.write(key, '{"a":1}')
      const url = await documents.link(key)
      expect(await (await fetch(url)).text()).toBe('{"a":1}')
      expect(await outcome(fetch(url, { method: 'PUT', body: '{}' }))).toBe('403 SignatureDoesNotMatch')
      expect(await outcome(fetch(url, { method: 'DELETE' }))).toBe('403 SignatureDoesNotMatch')
    },
  },
  {
    name: 'an answer that is handed out can be fetched for a minute, packed and under its name, and its address tells nothing',
    holds: async ({ client, bucket }) => {
      const name = randomUUID()
      const body = gzipSync('{"a":1}')
      const answer = { body, mediaType: 'application/json', encoding: 'gzip', fileName: 'report.json' } as const
      const url = await s3HandOut(client, bucket)(name, answer)
      expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60')
      expect(new URL(url).pathname).toMatch(new RegExp(`/handed-out/${name}$`))
      const fetched = await fetch(url)
      expect(await fetched.json()).toEqual({ a: 1 })
      expect(Object.fromEntries(fetched.headers)).toMatchObject({
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'content-disposition': 'attachment; filename="report.json"',
        'cache-control': 'no-store',
      })
      expect(await outcome(fetch(url, { method: 'PUT', body: '{}' }))).toBe('403 SignatureDoesNotMatch')
    },
  },
  {
    name: 'a link to a dump is of its pinned version, and names the file',
    holds: async ({ client, bucket }) => {
      const id = { tenant: randomUUID(), caseId: 'case', dumpId: 'dump' }
      const key = `dumps/${id.tenant}/${id.caseId}/${id.dumpId}`
      const first = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'first' }))
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'other' }))
      const pinned = { ...uploadedDump, versionId: first.VersionId ?? null }
      const answer = await fetch(await s3Dumps(client, bucket).link(id, pinned, 'MEMORY (1).DMP'))
      expect(await answer.text()).toBe('first')
      expect(answer.headers.get('content-disposition')).toBe('attachment; filename="MEMORY (1).DMP"')
    },
  },
  {
    name: 'who has no key, a wrong one or none that is known, is let in to nothing',
    holds: async ({ client, bucket }) => {
      const { config } = client
      const [credentials, region] = [await config.credentials(), await config.region()]
      const endpoint = process.env.AWS_ENDPOINT_URL_S3
      const as = (other: object) =>
        new S3Client({ region, endpoint, maxAttempts: 1, credentials: { ...credentials, ...other } })
      const command = new GetObjectCommand({ Bucket: bucket, Key: newKey() })
      const wrong = as({ secretAccessKey: 'wrong' })
      await expect(wrong.send(command)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
      const unknown = as({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE' })
      await expect(unknown.send(command)).rejects.toMatchObject({ name: 'InvalidAccessKeyId' })
      const { origin, pathname } = new URL(await getSignedUrl(client, command, { expiresIn: 60 }))
      expect(await outcome(fetch(`${origin}${pathname}`))).toBe('403 AccessDenied')
    },
  },
]
