import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { ListPartsCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { expect } from 'vitest'
import { s3Documents } from '../../../functions/aws/documents.ts'
import { type MultipartUpload, s3MultipartUploads } from '../../../functions/aws/multipart-uploads.ts'
import { s3PutPart } from '../../../functions/aws/put-part.ts'
import { s3Source } from '../../../functions/aws/s3-source.ts'
import type { Behaviour } from '../place.ts'
import type { OpenBucket } from './open-bucket.ts'

/** The smallest part S3 takes before the last. */
const smallestPart = 5 * 2 ** 20

const begin = async ({ client, bucket }: OpenBucket) => {
  const uploads = s3MultipartUploads(client, bucket)
  const upload = await uploads.start(`dumps/${randomUUID()}/a b`)
  const put = (partNumber: number, bytes: Uint8Array) => s3PutPart(client, bucket)(upload, partNumber, bytes)
  return { uploads, upload, put }
}

const listPage = ({ client, bucket }: OpenBucket, { key, multipartId }: MultipartUpload, marker?: string) =>
  client.send(new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: multipartId, PartNumberMarker: marker }))

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const md5 = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest()

export const uploadBehaviours: readonly Behaviour<OpenBucket>[] = [
  {
    name: 'parts sent in any order, one of them twice, become one object',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      const bytes = [smallestPart, smallestPart + 1, 12_345].map((size) => randomBytes(size))
      const third = await put(3, bytes[2])
      await put(1, randomBytes(100))
      const [second, first] = [await put(2, bytes[1]), await put(1, bytes[0])]
      expect(await uploads.complete(upload, [first, second, third])).toBe('completed')
      const whole = Buffer.concat(bytes)
      const pinned = (await uploads.head(upload.key))!
      expect(pinned.bytes).toBe(whole.length)
      expect(pinned.etag).toBe(`${md5(Buffer.concat(bytes.map(md5))).toString('hex')}-3`)
      expect(pinned.versionId).toBeTruthy()
      const source = s3Source(place.client, { bucket: place.bucket, key: upload.key, ...pinned })
      // Across the seams between parts, and up to the end.
      for (const [offset, length] of [
        [smallestPart - 10, 20],
        [smallestPart, 1],
        [1, whole.length - 2],
        [whole.length - 1, 1],
      ])
        expect(Buffer.compare(await source.read(offset, length), whole.subarray(offset, offset + length))).toBe(0)
    },
  },
  {
    name: 'an empty part makes an empty object',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      expect(await uploads.complete(upload, [await put(1, new Uint8Array())])).toBe('completed')
      expect(await uploads.head(upload.key)).toMatchObject({ bytes: 0 })
    },
  },
  {
    name: 'parts are listed by number, a thousand a page, and the last page says that it is the last',
    holds: async (place) => {
      const { upload, put } = await begin(place)
      const numbers = Array.from({ length: 1001 }, (_, index) => index + 2)
      while (numbers.length > 0) await Promise.all(numbers.splice(-40).map((number) => put(number, Buffer.alloc(1))))
      const first = await listPage(place, upload)
      expect(first.Parts?.map(({ PartNumber }) => PartNumber)).toEqual(Array.from({ length: 1000 }, (_, n) => n + 2))
      expect(first.Parts?.[0]).toMatchObject({ Size: 1, ETag: expect.stringMatching(/^"?[0-9a-f]{32}"?$/) })
      expect(first.IsTruncated).toBe(true)
      const rest = await listPage(place, upload, first.NextPartNumberMarker)
      expect(rest.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([1002])
      expect(rest.IsTruncated).toBe(false)
    },
  },
  {
    name: 'each part that is listed has the SHA-256 it came with, and the object that of them all',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      const bytes = [Buffer.alloc(smallestPart, 1), Buffer.from('end')]
      const parts = [await put(1, bytes[0]), await put(2, bytes[1])]
      expect(await uploads.listParts(upload)).toEqual(parts)
      await uploads.complete(upload, parts)
      const composite = `${sha256(Buffer.concat(bytes.map(sha256))).toString('base64')}-2`
      expect(await uploads.head(upload.key)).toMatchObject({ sha256: composite })
    },
  },
  {
    name: 'a part without a SHA-256, or with another’s, is not taken',
    holds: async (place) => {
      const { upload } = await begin(place)
      const put = (ChecksumSHA256?: string) =>
        place.client.send(
          new UploadPartCommand({
            Bucket: place.bucket,
            Key: upload.key,
            UploadId: upload.multipartId,
            PartNumber: 1,
            Body: 'abc',
            ChecksumSHA256,
          }),
        )
      await expect(put()).rejects.toMatchObject({ name: 'InvalidRequest' })
      await expect(put(sha256(Buffer.from('abd')).toString('base64'))).rejects.toMatchObject({ name: 'BadDigest' })
      expect((await listPage(place, upload)).Parts ?? []).toEqual([])
    },
  },
  {
    name: 'a completion that names other parts than there are is refused, and the upload goes on',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      const one = await put(1, Buffer.alloc(smallestPart))
      const two = await put(2, Buffer.alloc(10))
      expect(await uploads.complete(upload, [one, { ...two, etag: one.etag }])).toBe('refused')
      expect(await uploads.complete(upload, [one, { ...two, partNumber: 9 }])).toBe('refused')
      expect(await uploads.head(upload.key)).toBeNull()
      expect(await uploads.complete(upload, [one, two])).toBe('completed')
      expect(await uploads.head(upload.key)).toMatchObject({ bytes: smallestPart + 10 })
    },
  },
  {
    name: 'a completion that names its parts out of order is refused',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      const parts = [await put(1, Buffer.alloc(smallestPart)), await put(2, Buffer.alloc(10))]
      expect(await uploads.complete(upload, parts.toReversed())).toBe('refused')
    },
  },
  {
    name: 'a completion with a part too small before the last is refused',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      const parts = [await put(1, Buffer.alloc(10)), await put(2, Buffer.alloc(10))]
      expect(await uploads.complete(upload, parts)).toBe('refused')
    },
  },
  {
    name: 'a completion whose part has another SHA-256 is refused',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      const part = await put(1, Buffer.from('abc'))
      const other = sha256(Buffer.from('abd')).toString('base64')
      expect(await uploads.complete(upload, [{ ...part, sha256: other }])).toBe('refused')
    },
  },
  {
    name: 'a completion sent once more finds the object made',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      const part = await put(1, Buffer.from('abc'))
      expect(await uploads.complete(upload, [part])).toBe('completed')
      const made = await uploads.head(upload.key)
      expect(await uploads.complete(upload, [part])).toBe('gone')
      expect(await uploads.head(upload.key)).toEqual(made)
    },
  },
  {
    name: 'a completion does not take an object’s place',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      const part = await put(1, Buffer.from('new'))
      const documents = s3Documents(place.client, place.bucket)
      await documents.write(upload.key, 'old')
      expect(await uploads.complete(upload, [part])).toBe('gone')
      expect(await documents.read(upload.key)).toBe('old')
    },
  },
  {
    name: 'an upload given up is unknown from then on, and leaves no object',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      await put(1, Buffer.from('abc'))
      for (let times = 0; times < 2; times++) await uploads.abort(upload)
      expect(await uploads.listParts(upload)).toBeNull()
      await expect(put(2, Buffer.from('abc'))).rejects.toMatchObject({ name: 'NoSuchUpload' })
      expect(await uploads.head(upload.key)).toBeNull()
    },
  },
  {
    name: 'a completion of an upload given up finds it gone',
    holds: async (place) => {
      const { uploads, upload, put } = await begin(place)
      const part = await put(1, Buffer.from('abc'))
      await uploads.abort(upload)
      expect(await uploads.complete(upload, [part])).toBe('gone')
    },
  },
]
