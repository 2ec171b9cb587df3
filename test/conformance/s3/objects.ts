import { randomBytes, randomUUID } from 'node:crypto'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'vitest'
import { s3DeleteUnder, s3DeleteVersion } from '../../../functions/aws/delete-objects.ts'
import { s3Documents } from '../../../functions/aws/documents.ts'
import { s3MultipartUploads, unquoted } from '../../../functions/aws/multipart-uploads.ts'
import { s3Source } from '../../../functions/aws/s3-source.ts'
import type { Behaviour } from '../place.ts'
import type { OpenBucket } from './open-bucket.ts'

/** A folder of its own for each behaviour, with letters that URLs must escape. */
const newFolder = (): string => `dumps/${randomUUID()}/a b+c=ü`

/** Puts a dump, and says how its record pins it. */
const put = async ({ client, bucket }: OpenBucket, key: string, bytes: Uint8Array) => {
  const { ETag, VersionId } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }))
  return { bucket, key, bytes: bytes.length, etag: unquoted(ETag ?? ''), versionId: VersionId ?? null }
}

const gone = { tag: 'dump-gone' }

export const objectBehaviours: readonly Behaviour<OpenBucket>[] = [
  {
    name: 'a document comes back as it was written, and a later one takes its place',
    holds: async ({ client, bucket }) => {
      const documents = s3Documents(client, bucket)
      const key = `${newFolder()}/result.json`
      for (const text of ['{"größe":1}', '{"largest":2}']) {
        await documents.write(key, text)
        expect(await documents.read(key)).toBe(text)
        expect(await documents.size(key)).toBe(Buffer.byteLength(text))
      }
      const { ContentType } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
      expect(ContentType).toBe('application/json; charset=utf-8')
    },
  },
  {
    name: 'what is not there is named as such',
    holds: async ({ client, bucket }) => {
      const key = `${newFolder()}/missing`
      const documents = s3Documents(client, bucket)
      await expect(documents.read(key)).rejects.toMatchObject({ name: 'NoSuchDocument' })
      await expect(documents.size(key)).rejects.toMatchObject({ name: 'NoSuchDocument' })
      expect(await s3MultipartUploads(client, bucket).head(key)).toBeNull()
      const elsewhere = s3Documents(client, `${bucket}-that-nobody-made`)
      await expect(elsewhere.read(key)).rejects.toMatchObject({ name: 'NoSuchBucket' })
    },
  },
  {
    name: 'a dump is read by the ranges that are asked for, its first byte and its last too',
    holds: async (place) => {
      const bytes = randomBytes(300_000)
      const source = s3Source(place.client, await put(place, newFolder(), bytes))
      for (const [offset, length] of [
        [0, 1],
        [299_999, 1],
        [1, 4096],
        [65_535, 65_537],
        [0, 300_000],
      ])
        expect(Buffer.compare(await source.read(offset, length), bytes.subarray(offset, offset + length))).toBe(0)
    },
  },
  {
    name: 'the pinned version is read, whatever was put over it',
    holds: async (place) => {
      const key = newFolder()
      const first = await put(place, key, Buffer.from('first'))
      const second = await put(place, key, Buffer.from('second'))
      expect(first.versionId).toBeTruthy()
      expect(second.versionId).not.toBe(first.versionId)
      expect(Buffer.from(await s3Source(place.client, first).read(0, 5)).toString()).toBe('first')
      const uploads = s3MultipartUploads(place.client, place.bucket)
      expect(await uploads.head(key)).toMatchObject({ bytes: 6, etag: second.etag, versionId: second.versionId })
    },
  },
  {
    name: 'an object that is not the pinned one is not read',
    holds: async (place) => {
      const key = newFolder()
      const first = await put(place, key, Buffer.from('first'))
      await put(place, key, Buffer.from('other'))
      const unversioned = s3Source(place.client, { ...first, versionId: null })
      await expect(unversioned.read(0, 5)).rejects.toMatchObject(gone)
    },
  },
  {
    name: 'a version that was deleted is gone, and the one before it is there',
    holds: async (place) => {
      const key = newFolder()
      const first = await put(place, key, Buffer.from('first'))
      const second = await put(place, key, Buffer.from('second'))
      const remove = s3DeleteVersion(place.client, place.bucket)
      // As retention does it when an earlier try got no answer.
      for (let times = 0; times < 2; times++) await remove(key, second.versionId)
      await expect(s3Source(place.client, second).read(0, 6)).rejects.toMatchObject(gone)
      const uploads = s3MultipartUploads(place.client, place.bucket)
      expect(await uploads.head(key)).toMatchObject({ versionId: first.versionId })
    },
  },
  {
    name: 'a deleted object leaves its versions, and counts as not there',
    holds: async (place) => {
      const key = newFolder()
      const pinned = await put(place, key, Buffer.from('first'))
      await s3DeleteVersion(place.client, place.bucket)(key, null)
      expect(await s3MultipartUploads(place.client, place.bucket).head(key)).toBeNull()
      await expect(s3Source(place.client, { ...pinned, versionId: null }).read(0, 5)).rejects.toMatchObject(gone)
      expect(Buffer.from(await s3Source(place.client, pinned).read(0, 5)).toString()).toBe('first')
    },
  },
  {
    name: 'what lies under a prefix is deleted, and nothing beside it',
    holds: async ({ client, bucket }) => {
      const documents = s3Documents(client, bucket)
      const folder = newFolder()
      const under = ['a', 'b/c', 'd'].map((name) => `${folder}/1/${name}`)
      for (const key of [...under, `${folder}/10`]) await documents.write(key, key)
      for (let times = 0; times < 2; times++) await s3DeleteUnder(client, bucket)(`${folder}/1/`)
      for (const key of under) await expect(documents.read(key)).rejects.toMatchObject({ name: 'NoSuchDocument' })
      expect(await documents.read(`${folder}/10`)).toBe(`${folder}/10`)
    },
  },
  {
    name: 'a body that is not what its SHA-256 says is not kept',
    holds: async ({ client, bucket }) => {
      const key = newFolder()
      const ChecksumSHA256 = Buffer.alloc(32).toString('base64')
      const wrong = client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'abc', ChecksumSHA256 }))
      await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' })
      const get = client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      await expect(get).rejects.toMatchObject({ name: 'NoSuchKey' })
    },
  },
]
