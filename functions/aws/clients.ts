import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { countingRetries } from './aws-retries.ts'

/** After which a request that hangs is cut off. */
export const requestTimeoutMs = 30_000

/**
 * One client per service and process, so that connections are kept. The SDK retries throttling, 5xx answers and broken
 * connections by itself; a request that hangs is cut off and retried. `AWS_ENDPOINT_URL_*` points them elsewhere.
 */
const network = { connectionTimeout: 2_000, requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true }

/** For requests, and to presign URLs with. */
export const makeS3Client = (): S3Client =>
  countingRetries(
    new S3Client({
      maxAttempts: 5,
      requestHandler: network,
      // Otherwise the checksum of an empty body becomes part of each presigned part URL.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
  )

export const makeDynamoClient = (): DynamoDBClient =>
  countingRetries(new DynamoDBClient({ maxAttempts: 5, requestHandler: network }))

export const makeSqsClient = (): SQSClient =>
  countingRetries(new SQSClient({ maxAttempts: 5, requestHandler: network }))

export const makeEventBridgeClient = (): EventBridgeClient =>
  countingRetries(new EventBridgeClient({ maxAttempts: 5, requestHandler: network }))
