import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { type DumpId, dumpKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import { s3Source } from './s3-source.ts'

/** Uploaded dumps, each as the version that its record is pinned to. */
export interface Dumps {
  open(id: DumpId, dump: DumpRecord): ByteSource
  /** A URL that lets anyone who has it fetch the dump, under this name, for `downloadSeconds`. */
  link(id: DumpId, dump: DumpRecord, fileName: string): Promise<string>
}

/** Long enough to begin a download; one that has begun goes on. */
export const downloadSeconds = 300

export const s3Dumps = (client: S3Client, bucket: string): Dumps => ({
  open: (id, { bytes, etag, versionId }) => {
    if (etag === null) throw new Error(`The dump ${id.dumpId} is not pinned to an object.`)
    return s3Source(client, { bucket, key: dumpKey(id), bytes, etag, versionId })
  },
  link: (id, { versionId }, fileName) =>
    getSignedUrl(
      client,
      new GetObjectCommand({
        Bucket: bucket,
        Key: dumpKey(id),
        VersionId: versionId ?? undefined,
        ResponseContentDisposition: `attachment; filename="${fileName}"`,
      }),
      { expiresIn: downloadSeconds },
    ),
})
