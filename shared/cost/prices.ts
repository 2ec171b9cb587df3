/**
 * AWS's public list prices in US dollars, for us-east-1 (N. Virginia), on demand, beyond any free tier and before any
 * discount. `source` is the page to check them on. Lambda's were last compared with what others published in 2026-05,
 * DynamoDB's in 2025 (halved in November 2024); the others are as they have stood for years.
 */
export const prices = {
  region: 'us-east-1',
  asOf: '2026-05',
  lambda: {
    source: 'https://aws.amazon.com/lambda/pricing/',
    /** arm64, the first 7.5 billion GB-seconds a month. */
    gbSecond: 0.000_013_333_4,
    request: 0.2e-6,
  },
  s3: {
    source: 'https://aws.amazon.com/s3/pricing/',
    get: 0.4e-6,
    put: 5e-6,
    /** S3 Standard, the first 50 TB. */
    gbMonth: 0.023,
  },
  dynamodb: {
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    /** Up to 1 KB written, in the table or one of its indexes. */
    write: 0.625e-6,
    /** Up to 4 KB read, strongly consistent. */
    read: 0.125e-6,
  },
  sqs: { source: 'https://aws.amazon.com/sqs/pricing/', request: 0.4e-6 },
  eventBridge: {
    source: 'https://aws.amazon.com/eventbridge/pricing/',
    /** An event of our own put on a bus, up to 64 KB. What rules send to targets in AWS is free. */
    event: 1e-6,
  },
  apiGateway: { source: 'https://aws.amazon.com/api-gateway/pricing/', request: 1e-6 },
  /** An interface endpoint, in each zone; what goes through it is messages of a few hundred bytes. */
  vpcEndpoint: { source: 'https://aws.amazon.com/privatelink/pricing/', hour: 0.01 },
  logs: { source: 'https://aws.amazon.com/cloudwatch/pricing/', gb: 0.5 },
} as const

export type Prices = typeof prices
