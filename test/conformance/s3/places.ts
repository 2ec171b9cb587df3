import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { makeS3Client, makeSqsClient } from '../../../functions/aws/clients.ts'
import { startLocalStack } from '../../../infra/local/stack.ts'
import { missing } from '../../missing.ts'
import { withoutAws } from '../aws.ts'
import type { Place } from '../place.ts'
import { makeBucket, openAwsBucket } from './aws-bucket.ts'
import type { OpenBucket } from './open-bucket.ts'
import { hasRadosgw, startRadosgw } from './radosgw.ts'
import { ofRadosgw } from './radosgw-differences.ts'

/** `reports`: whether it tells a queue of new objects. */
type S3Place = Place<OpenBucket> & { readonly reports: boolean }

/** The functions' clients are told where to go by the environment. */
const pointTo = (origins: Record<string, string>, keys: { accessKeyId: string; secretAccessKey: string }): void => {
  for (const [service, origin] of Object.entries(origins)) vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, origin)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', keys.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys.secretAccessKey)
}

/** The bucket's properties are as infra/aws/storage.ts says them. */
const localTemplate = {
  Resources: {
    Arrivals: { Type: 'AWS::SQS::Queue', Properties: {} },
    Bucket: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: 'dumps',
        VersioningConfiguration: { Status: 'Enabled' },
        CorsConfiguration: {
          CorsRules: [
            {
              AllowedMethods: ['PUT', 'GET'],
              AllowedOrigins: ['*'],
              AllowedHeaders: ['*'],
              ExposedHeaders: ['ETag'],
              MaxAge: 3600,
            },
          ],
        },
        NotificationConfiguration: {
          QueueConfigurations: [
            {
              Event: 's3:ObjectCreated:*',
              Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'dumps/' }] } },
              Queue: { 'Fn::GetAtt': ['Arrivals', 'Arn'] },
            },
          ],
        },
      },
    },
  },
}

const openLocal = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'dumpline-s3-'))
  const portalDir = join(dataDir, 'no-portal')
  const stack = await startLocalStack({ template: localTemplate, assets: {}, portalDir, port: 0, dataDir })
  pointTo({ S3: stack.origins.s3, SQS: stack.origins.sqs }, stack.credentials)
  const [client, sqs] = [makeS3Client(), makeSqsClient()]
  const close = async (): Promise<void> => {
    for (const open of [client, sqs]) open.destroy()
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return {
    client,
    bucket: 'dumps',
    arrivals: { sqs, queueUrl: `${stack.origins.sqs}/000000000000/Arrivals` },
    close,
  }
}

const openRadosgw = async () => {
  const { origin, stop, ...keys } = await startRadosgw()
  pointTo({ S3: origin }, keys)
  const client = makeS3Client()
  await makeBucket(client, 'dumps')
  const close = async (): Promise<void> => {
    client.destroy()
    await stop()
  }
  return { client, bucket: 'dumps', close }
}

export const s3Places: readonly S3Place[] = [
  { name: 'the local endpoint', isMissing: () => false, open: openLocal, differences: {}, reports: true },
  {
    name: 'radosgw',
    isMissing: () => missing('radosgw (Debian: ceph-mon, ceph-osd, radosgw)', hasRadosgw()),
    open: openRadosgw,
    differences: ofRadosgw,
    // It pushes events to AMQP, Kafka or HTTP servers; it knows no SQS.
    reports: false,
  },
  { name: 'AWS', isMissing: withoutAws, open: openAwsBucket, differences: {}, reports: true },
]
