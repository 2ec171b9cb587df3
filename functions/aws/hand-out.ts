import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { handedOutKey } from '../../shared/cases/object-keys.ts'

/** An answer; `fileName` is what it is saved as. */
export type Answer = {
  readonly body: string | Buffer
  readonly mediaType: string
  readonly encoding?: 'gzip'
  readonly fileName?: string
}

/**
 * Stores what is too long for a function to answer with under a name of its own, made of `name`, which tells nothing of
 * whose it is. Returns a URL that lets anyone who has it fetch it for a minute: whatever allowed the question may end.
 */
export type HandOut = (name: string, answer: Answer) => Promise<string>

const holdsSeconds = 60

export const s3HandOut =
  (client: S3Client, bucket: string): HandOut =>
  async (name, { body, mediaType, encoding, fileName }) => {
    const object = { Bucket: bucket, Key: handedOutKey(name) }
    await client.send(
      new PutObjectCommand({
        ...object,
        Body: body,
        ContentType: mediaType,
        ContentEncoding: encoding,
        ContentDisposition: fileName === undefined ? undefined : `attachment; filename="${fileName}"`,
        CacheControl: 'no-store',
      }),
    )
    return getSignedUrl(client, new GetObjectCommand(object), { expiresIn: holdsSeconds })
  }
