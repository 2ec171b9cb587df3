import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { onTestFinished } from 'vitest'
import type { LocalStack } from '../../../../infra/local/stack.ts'
import { startStack } from './stack.ts'

/** The SDK's client as functions use it. */
export const s3Client = ({ origins, credentials }: LocalStack, config: S3ClientConfig = {}): S3Client => {
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: origins.s3,
    credentials,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    ...config,
  })
  onTestFinished(() => client.destroy())
  return client
}

export const bucketResource = (properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::S3::Bucket',
  Properties: { BucketName: 'dumps', VersioningConfiguration: { Status: 'Enabled' }, ...properties },
})

/** A stack with one bucket named `dumps`, and a client of it. */
export const startBucket = async (properties: Record<string, unknown> = {}, dataDir?: string) => {
  const stack = await startStack({ Bucket: bucketResource(properties) }, { ...(dataDir !== undefined && { dataDir }) })
  return { stack, s3: s3Client(stack), Bucket: 'dumps' }
}

/** The code and status of the error a call ends with; fails when it succeeds. */
export const errorOf = async (call: Promise<unknown>): Promise<{ code: string; status: number | undefined }> => {
  try {
    await call
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } }
    return { code: name, status: $metadata?.httpStatusCode }
  }
  throw new Error('The call succeeded.')
}
