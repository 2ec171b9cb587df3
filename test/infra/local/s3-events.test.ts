import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { bucketResource, s3Client } from './support/s3.ts'
import { startStack } from './support/stack.ts'

const startNotified = async () => {
  const stack = await startStack({
    Arrivals: { Type: 'AWS::SQS::Queue', Properties: {} },
    Bucket: bucketResource({
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            Event: 's3:ObjectCreated:*',
            Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'dumps/' }] } },
            Queue: { 'Fn::GetAtt': ['Arrivals', 'Arn'] },
          },
        ],
      },
    }),
  })
  const { origins, credentials } = stack
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: origins.sqs, credentials })
  onTestFinished(() => sqs.destroy())
  const QueueUrl = `${origins.sqs}/000000000000/Arrivals`
  const receive = async (WaitTimeSeconds: number) => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds }),
    )
    return Messages.map(({ Body }) => JSON.parse(Body!).Records[0])
  }
  return { s3: s3Client(stack), receive }
}

test('an object created below the prefix is announced once, as S3 says it', async () => {
  const { s3, receive } = await startNotified()
  await s3.send(new PutObjectCommand({ Bucket: 'dumps', Key: 'other/a', Body: 'abc' }))
  const put = await s3.send(new PutObjectCommand({ Bucket: 'dumps', Key: 'dumps/a b+c/ü.dmp', Body: 'abc' }))
  const [record, ...more] = await receive(5)
  expect(more).toEqual([])
  expect(record).toMatchObject({
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-1',
    eventName: 'ObjectCreated:Put',
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: 'dumps', arn: 'arn:aws:s3:::dumps' },
      object: {
        key: 'dumps/a+b%2Bc/%C3%BC.dmp',
        size: 3,
        eTag: put.ETag!.replaceAll('"', ''),
        versionId: put.VersionId,
      },
    },
  })
  expect(decodeURIComponent(record.s3.object.key.replaceAll('+', ' '))).toBe('dumps/a b+c/ü.dmp')
  expect(await receive(0)).toEqual([])
})

test('a completed upload is announced with the version it made, each with a later sequencer', async () => {
  const { s3, receive } = await startNotified()
  const a = { Bucket: 'dumps', Key: 'dumps/a' }
  const sequencers: string[] = []
  for (let times = 0; times < 2; times++) {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(a))
    const { ETag } = await s3.send(new UploadPartCommand({ ...a, UploadId, PartNumber: 1, Body: 'abc' }))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
    const done = await s3.send(new CompleteMultipartUploadCommand({ ...a, UploadId, MultipartUpload }))
    const [{ eventName, s3: announced }] = await receive(5)
    expect(eventName).toBe('ObjectCreated:CompleteMultipartUpload')
    expect(announced.object).toMatchObject({ versionId: done.VersionId, eTag: done.ETag!.replaceAll('"', '') })
    sequencers.push(announced.object.sequencer)
  }
  expect(sequencers[0] < sequencers[1]).toBe(true)
})
