import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketCorsCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { makeS3Client, makeSqsClient } from '../../../functions/aws/clients.ts'
import { awsName } from '../aws.ts'
import type { Arrivals } from './open-bucket.ts'

/** Makes a bucket as infra/aws/storage.ts does: versioned, and open to pages of any origin that have a presigned URL. */
export const makeBucket = async (client: S3Client, bucket: string): Promise<void> => {
  const Bucket = bucket
  await client.send(new CreateBucketCommand({ Bucket }))
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  const AllowedMethods = ['PUT', 'GET']
  const rule = { AllowedMethods, AllowedOrigins: ['*'], AllowedHeaders: ['*'], ExposeHeaders: ['ETag'] }
  await client.send(
    new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{ ...rule, MaxAgeSeconds: 3600 }] } }),
  )
}

const reportTo = async ({ sqs, queueUrl }: Arrivals, client: S3Client, bucket: string): Promise<void> => {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  )
  await client.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: bucket,
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            QueueArn: Attributes.QueueArn,
            Events: ['s3:ObjectCreated:*'],
            Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'dumps/' }] } },
          },
        ],
      },
    }),
  )
}

/** A bucket of AWS and the queue it reports to, both made for one run and removed after it. */
export const openAwsBucket = async () => {
  const [client, sqs] = [makeS3Client(), makeSqsClient()]
  const bucket = awsName()
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: '*',
    Condition: { ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${bucket}` } },
  }
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: bucket, Attributes: { Policy } }))
  const arrivals = { sqs, queueUrl: QueueUrl }
  await makeBucket(client, bucket)
  await reportTo(arrivals, client, bucket)
  const close = async (): Promise<void> => {
    // Each page is deleted before the next is asked for, until there is none.
    for (;;) {
      const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }))
      const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }))
      if (Objects.length === 0) break
      await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }))
    }
    await client.send(new DeleteBucketCommand({ Bucket: bucket }))
    await sqs.send(new DeleteQueueCommand({ QueueUrl }))
    for (const open of [client, sqs]) open.destroy()
  }
  return { client, bucket, arrivals, close }
}
