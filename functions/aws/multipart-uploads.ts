import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { PinnedObject } from '../../shared/cases/transitions.ts'

/** One of S3's multipart uploads: the object's key and S3's name for the upload. */
export type MultipartUpload = { readonly key: string; readonly multipartId: string }

/** `refused`: S3 has other parts than the caller says. `gone`: S3 does not know the upload, or no longer. */
export type Completion = 'completed' | 'refused' | 'gone'

export interface MultipartUploads {
  start(key: string): Promise<MultipartUpload>
  /** A URL that takes exactly `bytes` bytes as this part, for a quarter of an hour. */
  signPart(upload: MultipartUpload, partNumber: number, bytes: number): Promise<string>
  /** The parts S3 has, by number; null when it does not know the upload. */
  listParts(upload: MultipartUpload): Promise<{ partNumber: number; etag: string; bytes: number }[] | null>
  complete(upload: MultipartUpload, parts: readonly { partNumber: number; etag: string }[]): Promise<Completion>
  abort(upload: MultipartUpload): Promise<void>
  /** The object as it now stands; null when there is none. */
  head(key: string): Promise<PinnedObject | null>
}

/** Long enough for one part over a slow line, short enough that a leaked URL is worth little. */
const partUrlSeconds = 900

/** 10,000 parts, 1,000 a page, and some to spare. */
const mostPages = 20

const refusals = new Set(['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall', 'MalformedXML'])
const absences = new Set(['NoSuchUpload', 'NoSuchKey', 'NotFound'])

const isOneOf = (error: unknown, names: ReadonlySet<string>): boolean =>
  error instanceof S3ServiceException && names.has(error.name)

export const s3MultipartUploads = (client: S3Client, bucket: string): MultipartUploads => {
  const named = ({ key, multipartId }: MultipartUpload) => ({ Bucket: bucket, Key: key, UploadId: multipartId })
  return {
    start: async (key) => {
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ContentType: 'application/octet-stream' }),
      )
      if (UploadId === undefined) throw new Error('S3 started a multipart upload without naming it.')
      return { key, multipartId: UploadId }
    },
    signPart: (upload, partNumber, bytes) =>
      getSignedUrl(
        client,
        new UploadPartCommand({ ...named(upload), PartNumber: partNumber, ContentLength: bytes }),
        // The length becomes a signed header and so binds: S3 refuses a body that is longer or shorter.
        { expiresIn: partUrlSeconds },
      ),
    listParts: async (upload) => {
      const parts: { partNumber: number; etag: string; bytes: number }[] = []
      try {
        // The SDK's paginator would not end: S3 names a next marker on its last page too, and says so by IsTruncated.
        let marker: string | undefined
        for (let pages = 0; pages < mostPages; pages++) {
          const page = await client.send(new ListPartsCommand({ ...named(upload), PartNumberMarker: marker }))
          for (const { PartNumber, ETag, Size } of page.Parts ?? [])
            if (PartNumber !== undefined && ETag !== undefined)
              parts.push({ partNumber: PartNumber, etag: ETag, bytes: Size ?? 0 })
          if (page.IsTruncated !== true) return parts
          marker = page.NextPartNumberMarker
        }
        throw new Error(`S3 lists more than ${mostPages} pages of parts.`)
      } catch (error) {
        if (isOneOf(error, absences)) return null
        throw error
      }
    },
    complete: async (upload, parts) => {
      try {
        await client.send(
          new CompleteMultipartUploadCommand({
            ...named(upload),
            MultipartUpload: { Parts: parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag })) },
          }),
        )
        return 'completed'
      } catch (error) {
        if (isOneOf(error, refusals)) return 'refused'
        if (isOneOf(error, absences)) return 'gone'
        throw error
      }
    },
    abort: async (upload) => {
      try {
        await client.send(new AbortMultipartUploadCommand(named(upload)))
      } catch (error) {
        if (!isOneOf(error, absences)) throw error
      }
    },
    head: async (key) => {
      try {
        const { ContentLength, ETag, VersionId } = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key }),
        )
        if (ContentLength === undefined || ETag === undefined)
          throw new Error('S3 does not say how long the uploaded object is or what its ETag is.')
        return { bytes: ContentLength, etag: unquoted(ETag), versionId: VersionId ?? null }
      } catch (error) {
        if (isOneOf(error, absences)) return null
        throw error
      }
    },
  }
}

/** HTTP quotes an ETag, S3's events do not; records hold it without. */
export const unquoted = (etag: string): string => etag.replace(/^"(.*)"$/, '$1')
