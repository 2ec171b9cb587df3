import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { UploadedParts } from '../../shared/cases/links/upload-api.ts'
import type { PinnedObject } from '../../shared/cases/transitions.ts'

/** One of S3's multipart uploads: the object's key and S3's name for the upload. */
export type MultipartUpload = { readonly key: string; readonly multipartId: string }

/** `refused`: S3 has other parts than the caller says. `gone`: S3 does not know the upload, or no longer. */
export type Completion = 'completed' | 'refused' | 'gone'

/** A part as S3 has it. `sha256`, in base64, is what S3 verified when the part came. */
export type StoredPart = UploadedParts['parts'][number]

/** What a presigned request must be: `bytes` long, with this SHA-256 (base64), and with these headers. */
export type Signed = { readonly url: string; readonly headers: Readonly<Record<string, string>> }
export type SignedBody = { readonly bytes: number; readonly sha256: string }

export interface MultipartUploads {
  start(key: string): Promise<MultipartUpload>
  /** A URL that takes exactly these bytes as this part, for `urlSeconds`. */
  signPart(upload: MultipartUpload, partNumber: number, body: SignedBody): Promise<Signed>
  /** A URL that takes a whole object of up to 5 GiB, where there is none yet, for `urlSeconds`. */
  signObject(key: string, body: { readonly bytes: number; readonly sha256: string | null }): Promise<Signed>
  /** The parts S3 has, by number; null when it does not know the upload. */
  listParts(upload: MultipartUpload): Promise<StoredPart[] | null>
  /** Makes the object of these parts, unless the key has one already. */
  complete(upload: MultipartUpload, parts: readonly StoredPart[]): Promise<Completion>
  abort(upload: MultipartUpload): Promise<void>
  /** The object as it now stands, its checksum too; null when there is none. */
  head(key: string): Promise<PinnedObject | null>
}

/** Long enough for one part over a slow line, short enough that a leaked URL is worth little. */
export const urlSeconds = 900

/** In a presigned URL's query S3 signs the checksum and then ignores it; as a header it is signed and verified. */
const checksumHeader = 'x-amz-checksum-sha256'

/** 10,000 parts, 1,000 a page, and some to spare. */
const mostPages = 20

const refusals = new Set(['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall', 'MalformedXML'])
const absences = new Set(['NoSuchUpload', 'NoSuchKey', 'NotFound'])
/** A completion that finds the object made already: by its own earlier try, for nothing else writes to the key. */
const repeats = new Set(['NoSuchUpload', 'PreconditionFailed'])

const isOneOf = (error: unknown, names: ReadonlySet<string>): boolean =>
  error instanceof S3ServiceException && names.has(error.name)

/** S3's multipart uploads into a bucket. Every part carries its SHA-256, and S3 refuses one whose bytes are others. */
export const s3MultipartUploads = (client: S3Client, bucket: string): MultipartUploads => {
  const named = ({ key, multipartId }: MultipartUpload) => ({ Bucket: bucket, Key: key, UploadId: multipartId })
  return {
    start: async (key) => {
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          ContentType: 'application/octet-stream',
          // From now on S3 refuses a part without its SHA-256.
          ChecksumAlgorithm: 'SHA256',
          ChecksumType: 'COMPOSITE',
        }),
      )
      if (UploadId === undefined) throw new Error('S3 started a multipart upload without naming it.')
      return { key, multipartId: UploadId }
    },
    signPart: async (upload, partNumber, { bytes, sha256 }) => ({
      url: await getSignedUrl(
        client,
        new UploadPartCommand({
          ...named(upload),
          PartNumber: partNumber,
          ContentLength: bytes,
          ChecksumSHA256: sha256,
        }),
        // Length and checksum become signed headers and so bind: S3 refuses any other body.
        { expiresIn: urlSeconds, unhoistableHeaders: new Set([checksumHeader]) },
      ),
      headers: { [checksumHeader]: sha256 },
    }),
    signObject: async (key, { bytes, sha256 }) => {
      const headers: Record<string, string> = { 'if-none-match': '*' }
      if (sha256 !== null) headers[checksumHeader] = sha256
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        ContentLength: bytes,
        IfNoneMatch: '*',
        ...(sha256 !== null && { ChecksumSHA256: sha256 }),
      })
      const options = { expiresIn: urlSeconds, unhoistableHeaders: new Set([checksumHeader]) }
      return { url: await getSignedUrl(client, command, options), headers }
    },
    listParts: async (upload) => {
      const parts: StoredPart[] = []
      try {
        // The SDK's paginator would not end: S3 names a next marker on its last page too, and says so by IsTruncated.
        let marker: string | undefined
        for (let pages = 0; pages < mostPages; pages++) {
          const page = await client.send(new ListPartsCommand({ ...named(upload), PartNumberMarker: marker }))
          for (const { PartNumber, ETag, Size, ChecksumSHA256 } of page.Parts ?? [])
            if (PartNumber !== undefined && ETag !== undefined && ChecksumSHA256 !== undefined)
              parts.push({ partNumber: PartNumber, etag: ETag, bytes: Size ?? 0, sha256: ChecksumSHA256 })
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
            IfNoneMatch: '*',
            MultipartUpload: {
              Parts: parts.map(({ partNumber, etag, sha256 }) => ({
                PartNumber: partNumber,
                ETag: etag,
                ChecksumSHA256: sha256,
              })),
            },
          }),
        )
        return 'completed'
      } catch (error) {
        if (isOneOf(error, refusals)) return 'refused'
        if (isOneOf(error, repeats)) return 'gone'
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
        const { ContentLength, ETag, VersionId, ChecksumSHA256 } = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }),
        )
        if (ContentLength === undefined || ETag === undefined)
          throw new Error('S3 does not say how long the uploaded object is or what its ETag is.')
        return {
          bytes: ContentLength,
          etag: unquoted(ETag),
          versionId: VersionId ?? null,
          sha256: ChecksumSHA256 ?? null,
        }
      } catch (error) {
        if (isOneOf(error, absences)) return null
        throw error
      }
    },
  }
}

/** HTTP quotes an ETag, S3's events do not; records hold it without. */
export const unquoted = (etag: string): string => etag.replace(/^"(.*)"$/, '$1')
