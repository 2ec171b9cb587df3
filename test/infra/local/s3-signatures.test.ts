import { createHash, randomBytes } from 'node:crypto'
import { GetObjectCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { expect, test } from 'vitest'
import { errorOf, s3Client, startBucket } from './support/s3.ts'

const a = { Bucket: 'dumps', Key: 'dumps/a b.dmp' }

/** Status and S3's error code of an answer. */
const outcome = async (response: Promise<Response>): Promise<string> => {
  const { status, text } = await response.then(async (got) => ({ status: got.status, text: await got.text() }))
  return `${status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? ''}`.trim()
}

test('a presigned URL puts and gets exactly what it names', async () => {
  const { s3 } = await startBucket()
  const body = randomBytes(100_000)
  const put = await getSignedUrl(s3, new PutObjectCommand(a), { expiresIn: 60 })
  expect((await fetch(put, { method: 'PUT', body })).status).toBe(200)
  const get = await getSignedUrl(s3, new GetObjectCommand(a), { expiresIn: 60 })
  expect(Buffer.compare(Buffer.from(await (await fetch(get)).arrayBuffer()), body)).toBe(0)
  expect(await outcome(fetch(get, { method: 'PUT', body }))).toBe('403 SignatureDoesNotMatch')
})

test('a presigned URL does not hold after its time', async () => {
  const { s3 } = await startBucket()
  const options = { expiresIn: 60, signingDate: new Date(Date.now() - 61_000) }
  const url = await getSignedUrl(s3, new PutObjectCommand(a), options)
  expect(await outcome(fetch(url, { method: 'PUT', body: 'abc' }))).toBe('403 AccessDenied')
})

test.for([
  ['the key', (url: string) => url.replace('dumps/a', 'dumps/b')],
  ['the expiry', (url: string) => url.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000')],
  ['the signature', (url: string) => url.replace(/Signature=(.)/, (_, c) => `Signature=${c === '0' ? '1' : '0'}`)],
  ['a parameter added', (url: string) => `${url}&response-content-type=text/html`],
] as const)('a presigned URL with %s changed is refused', async ([, change]) => {
  const { s3 } = await startBucket()
  const url = await getSignedUrl(s3, new GetObjectCommand(a), { expiresIn: 60 })
  expect(change(url)).not.toBe(url)
  expect(await outcome(fetch(change(url)))).toBe('403 SignatureDoesNotMatch')
})

test('a header that was not signed cannot be added', async () => {
  const { s3 } = await startBucket()
  const url = await getSignedUrl(s3, new PutObjectCommand(a), { expiresIn: 60 })
  const headers = { 'x-amz-meta-added': 'later' }
  expect(await outcome(fetch(url, { method: 'PUT', body: 'abc', headers }))).toBe('403 AccessDenied')
})

test('a signed length is the only length that is taken', async () => {
  const { s3 } = await startBucket()
  const command = new PutObjectCommand({ ...a, ContentLength: 5 })
  const url = await getSignedUrl(s3, command, { expiresIn: 60, signableHeaders: new Set(['content-length']) })
  expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;host')
  expect(await outcome(fetch(url, { method: 'PUT', body: '123456' }))).toBe('403 SignatureDoesNotMatch')
  expect(await outcome(fetch(url, { method: 'PUT', body: '1234' }))).toBe('403 SignatureDoesNotMatch')
  expect(await outcome(fetch(url, { method: 'PUT', body: '12345' }))).toBe('200')
})

test('a wrong secret, an unknown key and no signature are refused', async () => {
  const { stack } = await startBucket()
  const wrong = s3Client(stack, { credentials: { ...stack.credentials, secretAccessKey: 'wrong' } })
  const unknown = s3Client(stack, { credentials: { ...stack.credentials, accessKeyId: 'AKIAUNKNOWN' } })
  const get = new GetObjectCommand(a)
  expect(await errorOf(wrong.send(get))).toEqual({ code: 'SignatureDoesNotMatch', status: 403 })
  expect(await errorOf(unknown.send(get))).toEqual({ code: 'InvalidAccessKeyId', status: 403 })
  expect(await outcome(fetch(await getSignedUrl(wrong, get, { expiresIn: 60 })))).toBe('403 SignatureDoesNotMatch')
  expect(await outcome(fetch(await getSignedUrl(unknown, get, { expiresIn: 60 })))).toBe('403 InvalidAccessKeyId')
  expect(await outcome(fetch(`${stack.origins.s3}/dumps/a`))).toBe('403 AccessDenied')
})

test('a request signed long ago, or for another region, is refused', async () => {
  const { stack } = await startBucket()
  const late = s3Client(stack, { systemClockOffset: -16 * 60_000 })
  expect((await errorOf(late.send(new GetObjectCommand(a)))).code).toBe('RequestTimeTooSkewed')
  const elsewhere = s3Client(stack, { region: 'eu-west-1' })
  expect((await errorOf(elsewhere.send(new GetObjectCommand(a)))).code).toBe('AuthorizationHeaderMalformed')
})

test('a checksum in a URL’s query is signed and then ignored, as S3 does it', async () => {
  const { stack } = await startBucket()
  const s3 = s3Client(stack, { requestChecksumCalculation: 'WHEN_SUPPORTED' })
  const command = new UploadPartCommand({ ...a, UploadId: 'any', PartNumber: 1, ChecksumCRC32: 'AAAAAA==' })
  const url = await getSignedUrl(s3, command, { expiresIn: 60 })
  const put = await getSignedUrl(s3, new PutObjectCommand({ ...a, ChecksumCRC32: 'AAAAAA==' }), { expiresIn: 60 })
  expect(await outcome(fetch(url, { method: 'PUT', body: 'abc' }))).toBe('404 NoSuchUpload')
  expect(await outcome(fetch(put, { method: 'PUT', body: 'abc' }))).toBe('200')
})

test('a checksum that a URL signs as a header must be sent, and is held against the body', async () => {
  const { s3 } = await startBucket()
  const name = 'x-amz-checksum-sha256'
  const sha256 = createHash('sha256').update('abc').digest('base64')
  const command = new PutObjectCommand({ ...a, ChecksumSHA256: sha256 })
  const url = await getSignedUrl(s3, command, { expiresIn: 60, unhoistableHeaders: new Set([name]) })
  const put = (body: string, headers = {}) => outcome(fetch(url, { method: 'PUT', body, headers }))
  const other = createHash('sha256').update('abd').digest('base64')
  expect(await put('abc')).toBe('403 SignatureDoesNotMatch')
  expect(await put('abd', { [name]: other })).toBe('403 SignatureDoesNotMatch')
  expect(await put('abd', { [name]: sha256 })).toBe('400 BadDigest')
  expect(await put('abc', { [name]: sha256 })).toBe('200')
})

test('a request in the name of another host is refused', async () => {
  const { stack } = await startBucket()
  const { request } = await import('node:http')
  const status = await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(stack.origins.s3)
    request({ hostname, port, path: '/dumps/a', headers: { host: 'attacker.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(421)
})
