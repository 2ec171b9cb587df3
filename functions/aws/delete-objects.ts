import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'

/** A case has a few analyses of some documents each; shards add hundreds. */
const mostPages = 100

/** Deletes one version of an object for good. Deleting what is not there succeeds, as it does at S3. */
export const s3DeleteVersion =
  (client: S3Client, bucket: string) =>
  async (key: string, versionId: string | null): Promise<void> => {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId ?? undefined }))
  }

/** Deletes all objects whose keys begin so; the bucket drops their old versions some weeks later (infra/aws/storage.ts). */
export const s3DeleteUnder =
  (client: S3Client, bucket: string) =>
  async (prefix: string): Promise<void> => {
    for (let pages = 0; pages < mostPages; pages++) {
      const { Contents = [], IsTruncated } = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
      )
      for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
      if (IsTruncated !== true) return
    }
    throw new Error(`There are more than ${mostPages} pages of objects under ${prefix}.`)
  }
