import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { errorOf, startBucket } from './support/s3.ts'
import { temporaryFolder, until } from './support/stack.ts'

const a = { Bucket: 'dumps', Key: 'dumps/a' }
const mebibyte = 2 ** 20

const start = async (s3: S3Client) => {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...a, ContentType: 'application/x-dmp' }))
  const upload = { ...a, UploadId: UploadId! }
  const put = async (PartNumber: number, Body: Uint8Array) => ({
    PartNumber,
    ETag: (await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }))).ETag!,
  })
  const complete = (Parts: { PartNumber: number; ETag: string }[], more: object = {}) =>
    s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...more }))
  return { upload, put, complete }
}

const digest = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest()

test('parts in any order become one object, whose ETag is made of theirs', async () => {
  const { s3 } = await startBucket()
  const { put, complete } = await start(s3)
  const bytes = [5 * mebibyte, 6 * mebibyte, 12_345].map((size) => randomBytes(size))
  const third = await put(3, bytes[2])
  await put(1, randomBytes(100))
  const [second, first] = [await put(2, bytes[1]), await put(1, bytes[0])]
  const done = await complete([first, second, third])
  const expected = `${digest(Buffer.concat(bytes.map(digest))).toString('hex')}-3`
  expect(done.ETag).toBe(`"${expected}"`)
  expect(done.VersionId).toBeTruthy()

  const whole = Buffer.concat(bytes)
  const got = await s3.send(new GetObjectCommand(a))
  expect(got.ContentType).toBe('application/x-dmp')
  expect(Buffer.compare(await got.Body!.transformToByteArray(), whole)).toBe(0)
  for (const [first, last] of [
    [5 * mebibyte - 10, 5 * mebibyte + 10],
    [5 * mebibyte, 5 * mebibyte],
    [1, whole.length - 2],
    [11 * mebibyte, whole.length - 1],
  ]) {
    const range = await s3.send(new GetObjectCommand({ ...a, Range: `bytes=${first}-${last}` }))
    expect(Buffer.compare(await range.Body!.transformToByteArray(), whole.subarray(first, last + 1))).toBe(0)
  }
})

test('an empty part makes an empty object', async () => {
  const { s3 } = await startBucket()
  const { put, complete } = await start(s3)
  await complete([await put(1, new Uint8Array())])
  const got = await s3.send(new GetObjectCommand(a))
  expect(got.ContentLength).toBe(0)
  expect((await got.Body!.transformToByteArray()).length).toBe(0)
})

test('the parts that are there are listed, page by page', async () => {
  const { s3 } = await startBucket()
  const { upload, put } = await start(s3)
  for (const number of [1, 2, 7]) await put(number, Buffer.alloc(number, 1))
  const first = await s3.send(new ListPartsCommand({ ...upload, MaxParts: 2 }))
  expect(first.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, 1],
    [2, 2],
  ])
  expect(first.IsTruncated).toBe(true)
  const rest = await s3.send(new ListPartsCommand({ ...upload, PartNumberMarker: first.NextPartNumberMarker }))
  expect(rest.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([7])
  expect(rest.Parts?.[0].ETag).toBe(`"${digest(Buffer.alloc(7, 1)).toString('hex')}"`)
  expect(rest.IsTruncated).toBe(false)
})

test('a completion that does not fit the parts is refused, and the upload goes on', async () => {
  const { s3 } = await startBucket()
  const { put, complete } = await start(s3)
  const [one, two] = [await put(1, Buffer.alloc(5 * mebibyte)), await put(2, Buffer.alloc(10))]
  const three = await put(3, Buffer.alloc(10))
  expect((await errorOf(complete([two, one]))).code).toBe('InvalidPartOrder')
  expect((await errorOf(complete([one, { ...two, ETag: one.ETag }]))).code).toBe('InvalidPart')
  expect((await errorOf(complete([one, { ...two, PartNumber: 9 }]))).code).toBe('InvalidPart')
  expect((await errorOf(complete([one, two, three]))).code).toBe('EntityTooSmall')
  expect((await errorOf(s3.send(new HeadObjectCommand(a)))).code).toBe('NotFound')
  await complete([one, two])
  expect((await s3.send(new HeadObjectCommand(a))).ContentLength).toBe(5 * mebibyte + 10)
  expect((await errorOf(complete([one, two]))).code).toBe('NoSuchUpload')
})

test('a conditional completion does not replace an object', async () => {
  const { s3 } = await startBucket()
  const { put, complete } = await start(s3)
  const part = await put(1, Buffer.from('new'))
  await s3.send(new PutObjectCommand({ ...a, Body: 'old' }))
  expect((await errorOf(complete([part], { IfNoneMatch: '*' }))).code).toBe('PreconditionFailed')
  expect(await (await s3.send(new GetObjectCommand(a))).Body!.transformToString()).toBe('old')
})

test('an aborted upload is gone, and so are its bytes', async () => {
  const dataDir = await temporaryFolder()
  const { s3 } = await startBucket({}, dataDir)
  const { upload, put, complete } = await start(s3)
  const files = async () => (await readdir(join(dataDir, 's3'))).filter((name) => name !== 'unfinished').length
  const part = await put(1, Buffer.alloc(1000))
  await put(1, Buffer.alloc(1000))
  expect(await files()).toBe(1)
  await s3.send(new AbortMultipartUploadCommand(upload))
  expect(await files()).toBe(0)
  expect((await errorOf(complete([part]))).code).toBe('NoSuchUpload')
  expect((await errorOf(put(2, Buffer.alloc(1)))).code).toBe('NoSuchUpload')
})

test('a body cut off in the middle leaves nothing behind', async () => {
  const dataDir = await temporaryFolder()
  const { s3 } = await startBucket({}, dataDir)
  const { upload } = await start(s3)
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
  const url = await getSignedUrl(s3, new UploadPartCommand({ ...upload, PartNumber: 1 }), { expiresIn: 60 })
  const { request } = await import('node:http')
  await new Promise<void>((resolve) => {
    const sent = request(url, { method: 'PUT', headers: { 'content-length': 1000 } })
    sent.on('error', () => resolve())
    sent.write(Buffer.alloc(500), () => setTimeout(() => sent.destroy(new Error('cut')), 50))
  })
  const parts = await s3.send(new ListPartsCommand(upload))
  expect(parts.Parts ?? []).toEqual([])
  await until(async () => (await readdir(join(dataDir, 's3'), { recursive: true })).join() === 'unfinished')
})

test('an upload goes on after a restart', async () => {
  const dataDir = await temporaryFolder()
  const before = await startBucket({}, dataDir)
  const { upload, put } = await start(before.s3)
  const one = await put(1, Buffer.alloc(5 * mebibyte, 1))
  await before.stack.stop()

  const { s3 } = await startBucket({}, dataDir)
  const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: 'end' }))
  const Parts = [one, { PartNumber: 2, ETag }]
  await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
  const got = await s3.send(new GetObjectCommand({ ...a, Range: 'bytes=-4' }))
  expect(await got.Body!.transformToString()).toBe('\u0001end')
})

test('an upload with checksums takes no part without one, and its object has theirs', async () => {
  const { s3 } = await startBucket()
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...a, ChecksumAlgorithm: 'SHA256' }))
  const upload = { ...a, UploadId }
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
  const bytes = [Buffer.alloc(5 * mebibyte, 1), Buffer.from('end')]
  const digests = bytes.map(sha256)
  const put = (index: number, ChecksumSHA256?: string) =>
    s3.send(new UploadPartCommand({ ...upload, PartNumber: index + 1, Body: bytes[index], ChecksumSHA256 }))
  expect((await errorOf(put(0))).code).toBe('InvalidRequest')
  expect((await errorOf(put(0, digests[1].toString('base64')))).code).toBe('BadDigest')
  const Parts = []
  for (const [index, digest] of digests.entries()) {
    const ChecksumSHA256 = digest.toString('base64')
    const { ETag } = await put(index, ChecksumSHA256)
    Parts.push({ PartNumber: index + 1, ETag, ChecksumSHA256 })
  }
  const listed = await s3.send(new ListPartsCommand(upload))
  expect(listed.Parts?.map(({ ChecksumSHA256 }) => ChecksumSHA256)).toEqual(
    Parts.map(({ ChecksumSHA256 }) => ChecksumSHA256),
  )
  const complete = (named: object[]) =>
    s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: named } }))
  expect((await errorOf(complete(Parts.map(({ ChecksumSHA256, ...rest }) => rest)))).code).toBe('InvalidRequest')
  const swapped = { ...Parts[0], ChecksumSHA256: Parts[1].ChecksumSHA256 }
  expect((await errorOf(complete([swapped, Parts[1]]))).code).toBe('InvalidPart')
  const composite = `${sha256(Buffer.concat(digests)).toString('base64')}-2`
  expect((await complete(Parts)).ChecksumSHA256).toBe(composite)
  const asked = await s3.send(new HeadObjectCommand({ ...a, ChecksumMode: 'ENABLED' }))
  expect([asked.ChecksumSHA256, asked.ChecksumType]).toEqual([composite, 'COMPOSITE'])
  expect((await s3.send(new HeadObjectCommand(a))).ChecksumSHA256).toBeUndefined()
})
