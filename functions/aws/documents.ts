import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

/** There is no document with this key. */
export class NoSuchDocument extends Error {
  override readonly name = 'NoSuchDocument'

  constructor(key: string, options?: ErrorOptions) {
    super(`There is no document ${key}.`, options)
  }
}

/** JSON documents by their keys (shared/cases/object-keys.ts). One that is not there is a `NoSuchDocument`. */
export interface Documents {
  read(key: string): Promise<string>
  write(key: string, json: string): Promise<void>
  /** Bytes as stored. */
  size(key: string): Promise<number>
  /** A URL that lets anyone who has it read the document for some minutes. */
  link(key: string): Promise<string>
}

const linkSeconds = 300

/** S3 says `NotFound` of what it was asked to describe, and `NoSuchKey` of what it was asked for. */
const orMissing = async <T>(key: string, asked: Promise<T>): Promise<T> => {
  try {
    return await asked
  } catch (error) {
    if (error instanceof NotFound || error instanceof NoSuchKey) throw new NoSuchDocument(key, { cause: error })
    throw error
  }
}

/** Documents in a bucket, each an object of its own. */
export const s3Documents = (client: S3Client, bucket: string): Documents => ({
  read: async (key) => {
    const { Body } = await orMissing(key, client.send(new GetObjectCommand({ Bucket: bucket, Key: key })))
    if (Body === undefined) throw new Error(`S3 answered without a body for ${key}.`)
    return Body.transformToString()
  },
  write: async (key, json) => {
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: json, ContentType: 'application/json; charset=utf-8' }),
    )
  },
  size: async (key) => {
    const { ContentLength } = await orMissing(key, client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })))
    if (ContentLength === undefined) throw new Error(`S3 does not say how long ${key} is.`)
    return ContentLength
  },
  link: (key) => getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: linkSeconds }),
})
