import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { dumpObject } from '../../shared/cases/archived-dump.ts'
import { type DumpId, dumpKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import { s3Source } from './s3-source.ts'

/** Uploaded dumps, each as the version that its record is pinned to; one that came in an archive as it was unpacked. */
export interface Dumps {
  open(id: DumpId, dump: DumpRecord): ByteSource
  /** A URL that lets anyone who has it fetch the dump, under this name, for `downloadSeconds`. */
  link(id: DumpId, dump: DumpRecord, fileName: string): Promise<string>
}

/** Long enough to begin a download; one that has begun goes on. */
export const downloadSeconds = 300

/** Dumps in a bucket. Both throw where the record is not pinned to an object. */
export const s3Dumps = (client: S3Client, bucket: string): Dumps => ({
  open: (id, dump) => s3Source(client, { bucket, ...pinned(id, dump) }),
  link: (id, dump, fileName) => {
    const { key, versionId } = pinned(id, dump)
    return getSignedUrl(
      client,
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        VersionId: versionId ?? undefined,
        ResponseContentDisposition: `attachment; filename="${fileName}"`,
      }),
      { expiresIn: downloadSeconds },
    )
  },
})

/** Opens an upload as it came, packed if it is an archive. */
export const s3Uploads =
  (client: S3Client, bucket: string) =>
  (id: DumpId, { bytes, etag, versionId }: DumpRecord): ByteSource => {
    if (etag === null) throw new Error(`The dump ${id.dumpId} is not pinned to an object.`)
    return s3Source(client, { bucket, key: dumpKey(id), bytes, etag, versionId })
  }

const pinned = (id: DumpId, dump: DumpRecord) => {
  const object = dumpObject(id, dump)
  if (object === null) throw new Error(`The dump ${id.dumpId} is not pinned to an object.`)
  return object
}
