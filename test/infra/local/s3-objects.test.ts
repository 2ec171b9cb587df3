import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { errorOf, s3Client, startBucket } from './support/s3.ts'

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

test('an object comes back as it was put, with its type, metadata, ETag and version', async () => {
  const { s3, Bucket } = await startBucket()
  const Body = randomBytes(3_000_000)
  const Key = 'dumps/Größe & more+plus/ä b.dmp'
  const put = await s3.send(
    new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/x-dmp', Metadata: { origin: 'server' } }),
  )
  expect(put.ETag).toBe(`"${md5(Body)}"`)
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }))
  expect(Buffer.compare(await got.Body!.transformToByteArray(), Body)).toBe(0)
  expect(got).toMatchObject({
    ContentType: 'application/x-dmp',
    ContentLength: Body.length,
    Metadata: { origin: 'server' },
    ETag: put.ETag,
    VersionId: put.VersionId,
  })
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }))
  expect(head).toMatchObject({ ContentLength: Body.length, ETag: put.ETag })
})

test.for([
  ['bytes=0-0', 0, 1],
  ['bytes=10-19', 10, 20],
  ['bytes=999990-2000000', 999_990, 1_000_000],
  ['bytes=500000-', 500_000, 1_000_000],
  ['bytes=-7', 999_993, 1_000_000],
] as const)('the range %s is the bytes it names', async ([Range, from, to]) => {
  const { s3, Bucket } = await startBucket()
  const Body = randomBytes(1_000_000)
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body }))
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'a', Range }))
  expect(Buffer.from(await got.Body!.transformToByteArray())).toEqual(Body.subarray(from, to))
  expect(got.ContentRange).toBe(`bytes ${from}-${to - 1}/1000000`)
  expect(got.$metadata.httpStatusCode).toBe(206)
})

test('a range past the end is refused', async () => {
  const { s3, Bucket } = await startBucket()
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'abc' }))
  const past = s3.send(new GetObjectCommand({ Bucket, Key: 'a', Range: 'bytes=3-' }))
  expect(await errorOf(past)).toEqual({ code: 'InvalidRange', status: 416 })
})

test('conditional reads and writes hold', async () => {
  const { s3, Bucket } = await startBucket()
  const a = { Bucket, Key: 'a' }
  const first = await s3.send(new PutObjectCommand({ ...a, Body: 'one', IfNoneMatch: '*' }))
  const again = s3.send(new PutObjectCommand({ ...a, Body: 'two', IfNoneMatch: '*' }))
  expect(await errorOf(again)).toEqual({ code: 'PreconditionFailed', status: 412 })
  const wrong = '"00000000000000000000000000000000"'
  const get = (conditions: object) => s3.send(new GetObjectCommand({ ...a, ...conditions }))
  expect(await errorOf(get({ IfMatch: wrong }))).toEqual({ code: 'PreconditionFailed', status: 412 })
  expect((await errorOf(get({ IfNoneMatch: first.ETag }))).status).toBe(304)
  expect(await (await get({ IfMatch: first.ETag })).Body!.transformToString()).toBe('one')
  const future = new Date(Date.now() + 60_000)
  expect((await errorOf(get({ IfModifiedSince: future }))).status).toBe(304)
  await s3.send(new PutObjectCommand({ ...a, Body: 'two', IfMatch: first.ETag }))
  const stale = s3.send(new PutObjectCommand({ ...a, Body: 'three', IfMatch: first.ETag }))
  expect(await errorOf(stale)).toEqual({ code: 'PreconditionFailed', status: 412 })
  expect(await (await get({})).Body!.transformToString()).toBe('two')
})

test('without versioning a new object takes the place of the old one', async () => {
  const { s3, Bucket } = await startBucket({ VersioningConfiguration: { Status: 'Suspended' } })
  const a = { Bucket, Key: 'a' }
  const put = await s3.send(new PutObjectCommand({ ...a, Body: 'one' }))
  expect(put.VersionId).toBeUndefined()
  await s3.send(new PutObjectCommand({ ...a, Body: 'two' }))
  expect(await (await s3.send(new GetObjectCommand(a))).Body!.transformToString()).toBe('two')
  await s3.send(new DeleteObjectCommand(a))
  expect((await errorOf(s3.send(new GetObjectCommand(a)))).code).toBe('NoSuchKey')
})

test('a listing pages through keys in order and folds them at a delimiter', async () => {
  const { s3, Bucket } = await startBucket()
  const keys = ['a', 'b/1', 'b/2', 'b/c/3', 'c', 'd/4', 'é']
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
  const all = async (input: object) => {
    const listed: string[] = []
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket, ...input })) {
      expect(page.KeyCount).toBeLessThanOrEqual(2)
      listed.push(...(page.Contents ?? []).map(({ Key }) => Key!))
      listed.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!))
    }
    return listed.sort()
  }
  expect(await all({})).toEqual(keys)
  expect(await all({ Prefix: 'b/' })).toEqual(['b/1', 'b/2', 'b/c/3'])
  expect(await all({ Delimiter: '/' })).toEqual(['a', 'b/', 'c', 'd/', 'é'])
  expect(await all({ Prefix: 'b/', Delimiter: '/' })).toEqual(['b/1', 'b/2', 'b/c/'])
  expect(await all({ StartAfter: 'b/2' })).toEqual(['b/c/3', 'c', 'd/4', 'é'])
})

test('checksums the SDK adds by itself are verified, in headers and in trailers', async () => {
  const { stack, Bucket } = await startBucket()
  const s3 = s3Client(stack, { requestChecksumCalculation: 'WHEN_SUPPORTED' })
  const Body = randomBytes(700_000)
  await s3.send(new PutObjectCommand({ Bucket, Key: 'header', Body }))
  const stream = Readable.from([Body.subarray(0, 100), Body.subarray(100, 300_000), Body.subarray(300_000)])
  await s3.send(new PutObjectCommand({ Bucket, Key: 'trailer', Body: stream, ContentLength: Body.length }))
  for (const Key of ['header', 'trailer']) {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }))
    expect(Buffer.compare(await got.Body!.transformToByteArray(), Body)).toBe(0)
    expect(got.ContentEncoding).toBeUndefined()
  }
})

test.for([
  ['ContentMD5', Buffer.alloc(16).toString('base64'), 'BadDigest'],
  ['ChecksumCRC32', 'AAAAAA==', 'BadDigest'],
  ['ChecksumSHA256', Buffer.alloc(32).toString('base64'), 'BadDigest'],
  ['ChecksumCRC64NVME', 'AAAAAAAAAAA=', 'NotImplemented'],
] as const)('a body that is not what %s says is not kept', async ([name, value, code]) => {
  const { s3, Bucket } = await startBucket()
  const put = s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'abc', [name]: value }))
  expect((await errorOf(put)).code).toBe(code)
  expect((await errorOf(s3.send(new GetObjectCommand({ Bucket, Key: 'a' })))).code).toBe('NoSuchKey')
})

test('what is not implemented is refused, not done halfway', async () => {
  const { s3, Bucket } = await startBucket()
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'abc' }))
  const put = s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'abc', Tagging: 'a=b' }))
  expect(await errorOf(put)).toEqual({ code: 'NotImplemented', status: 501 })
  const part = s3.send(new GetObjectCommand({ Bucket, Key: 'a', PartNumber: 1 }))
  expect(await errorOf(part)).toEqual({ code: 'NotImplemented', status: 501 })
})
