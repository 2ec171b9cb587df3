import type { S3Client } from '@aws-sdk/client-s3'
import type { SQSClient } from '@aws-sdk/client-sqs'

/** The queue that a bucket's new objects under `dumps/` are reported to. */
export type Arrivals = { readonly sqs: SQSClient; readonly queueUrl: string }

/** A bucket as the stack makes it, and the functions' own client of it. */
export type OpenBucket = { readonly client: S3Client; readonly bucket: string; readonly arrivals?: Arrivals }
