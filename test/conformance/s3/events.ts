import { randomUUID } from 'node:crypto'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { expect } from 'vitest'
import { s3MultipartUploads, unquoted } from '../../../functions/aws/multipart-uploads.ts'
import { s3PutPart } from '../../../functions/aws/put-part.ts'
import { type UploadedObject, uploadedObjects } from '../../../functions/ingest/upload-event.ts'
import type { Behaviour } from '../place.ts'
import type { Arrivals, OpenBucket } from './open-bucket.ts'

/** What S3 says of one object, read as ingest reads it. S3 promises no time; a minute is far more than it takes. */
const reported = async ({ sqs, queueUrl: QueueUrl }: Arrivals, key: string): Promise<UploadedObject> => {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }))
    for (const { Body = '', ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      // S3's own message about the notification that was set up, and objects of other tests, come here as well.
      const object = uploadedObjects(Body).find((object) => object.key === key)
      if (object !== undefined) return object
    }
  }
  throw new Error(`S3 did not report ${key}.`)
}

export const eventBehaviours = (arrivalsOf: () => Arrivals): readonly Behaviour<OpenBucket>[] => [
  {
    name: 'an object put in one request is reported, and none beside the prefix',
    holds: async ({ client, bucket }) => {
      const name = `${randomUUID()}/a b+c/ü.dmp`
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `other/${name}`, Body: 'abc' }))
      const { ETag = '', VersionId } = await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: `dumps/${name}`, Body: 'abc' }),
      )
      const object = await reported(arrivalsOf(), `dumps/${name}`)
      expect(object).toEqual({ key: `dumps/${name}`, bytes: 3, etag: unquoted(ETag), versionId: VersionId })
    },
  },
  {
    name: 'a completed upload is reported as the version that it made',
    holds: async ({ client, bucket }) => {
      const uploads = s3MultipartUploads(client, bucket)
      const upload = await uploads.start(`dumps/${randomUUID()}`)
      await uploads.complete(upload, [await s3PutPart(client, bucket)(upload, 1, Buffer.from('abc'))])
      const { bytes, etag, versionId } = (await uploads.head(upload.key))!
      expect(await reported(arrivalsOf(), upload.key)).toEqual({ key: upload.key, bytes, etag, versionId })
    },
  },
]
