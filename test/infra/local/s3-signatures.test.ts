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

test('a header that was not signed cannot be added', async () => {
  const { s3 } = await startBucket()
  const url = await getSignedUrl(s3, new PutObjectCommand(a), { expiresIn: 60 })
  const headers = { 'x-amz-meta-added': 'later' }
  expect(await outcome(fetch(url, { method: 'PUT', body: 'abc', headers }))).toBe('403 AccessDenied')
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
