import { GetObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { assertWithin } from '../../shared/bytes/short-read.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { TaggedError } from '../../shared/bytes/tagged-error.ts'

/** One version of one object, as the upload pinned it. */
export type PinnedDump = {
  readonly bucket: string
  readonly key: string
  readonly bytes: number
  /** Without quotes. */
  readonly etag: string
  readonly versionId: string | null
}

/** The SDK retries a request, not an answer that breaks off in the middle. */
const mostTries = 3

/** What S3 says when the pinned version is not there any more; trying again does not bring it back. */
const goneErrors = new Set(['NoSuchKey', 'NoSuchVersion', 'PreconditionFailed', 'NotFound'])

/**
 * A dump's bytes by ranged GETs of its pinned version. An answer that stays incomplete after some tries is an ordinary
 * error, not a `short-read`: the bytes are there, and the stage must be tried again rather than judge the dump by it.
 * Rejects with `dump-gone` when the version was deleted.
 */
export const s3Source = (client: S3Client, dump: PinnedDump): ByteSource => {
  const readRange = async (offset: number, length: number): Promise<Uint8Array> => {
    const { Body } = await client.send(
      new GetObjectCommand({
        Bucket: dump.bucket,
        Key: dump.key,
        VersionId: dump.versionId ?? undefined,
        IfMatch: `"${dump.etag}"`,
        Range: `bytes=${offset}-${offset + length - 1}`,
      }),
    )
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array()
    if (bytes.length === length) return bytes
    throw new IncompleteAnswer(`S3 sent ${bytes.length} of ${length} bytes from offset ${offset}.`)
  }

  return {
    size: dump.bytes,
    read: async (offset, length) => {
      assertWithin(offset, length, dump.bytes)
      if (length === 0) return new Uint8Array()
      for (let tries = 1; ; tries++)
        try {
          return await readRange(offset, length)
        } catch (error) {
          if (error instanceof S3ServiceException && goneErrors.has(error.name)) throw dumpGone(error)
          // Any other answer of S3 has been tried again by the SDK already; what is left is a body that broke off.
          if (error instanceof S3ServiceException || tries === mostTries) throw error
        }
    },
  }
}

class IncompleteAnswer extends Error {
  override readonly name = 'IncompleteAnswer'
}

const dumpGone = (cause: Error): TaggedError =>
  new TaggedError(
    'dump-gone',
    'The uploaded dump is no longer in storage as it was uploaded.',
    'Upload the dump again to have it analysed.',
    { cause },
  )
