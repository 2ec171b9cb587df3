import { createHash } from 'node:crypto'
import { type S3Client, UploadPartCommand } from '@aws-sdk/client-s3'
import type { MultipartUpload, MultipartUploads } from './multipart-uploads.ts'

/** A part as S3 has it. */
export type StoredPart = NonNullable<Awaited<ReturnType<MultipartUploads['listParts']>>>[number]

/** Sends one part of a multipart upload, with the SHA-256 that S3 verifies it by. */
export type PutPart = (upload: MultipartUpload, partNumber: number, bytes: Uint8Array) => Promise<StoredPart>

export const s3PutPart =
  (client: S3Client, bucket: string): PutPart =>
  async ({ key, multipartId }, partNumber, bytes) => {
    const sha256 = createHash('sha256').update(bytes).digest('base64')
    const { ETag } = await client.send(
      new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId: multipartId,
        PartNumber: partNumber,
        Body: bytes,
        ContentLength: bytes.length,
        ChecksumSHA256: sha256,
      }),
    )
    if (ETag === undefined) throw new Error('S3 took a part without saying its ETag.')
    const part = { partNumber, etag: ETag, bytes: bytes.length, sha256 }
    return part
  }
