import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
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
    sent.write(Buffer.alloc(500))
    void until(async () => (await readdir(join(dataDir, 's3', 'unfinished'))).length > 0).then(() =>
      sent.destroy(new Error('cut')),
    )
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
