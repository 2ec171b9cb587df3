import { Metrics } from '@aws-lambda-powertools/metrics'
import { s3DeleteUnder, s3DeleteVersion } from '../aws/delete-objects.ts'
import { retentionPolicy } from '../aws/retention-policy.ts'
import { awsBasics } from '../aws/wiring.ts'
import { retentionHandler } from './retention-handler.ts'

const aws = awsBasics()

export const handler = retentionHandler(
  {
    ...aws,
    policy: retentionPolicy(),
    deleteVersion: s3DeleteVersion(aws.s3, aws.bucket),
    deleteUnder: s3DeleteUnder(aws.s3, aws.bucket),
  },
  { logger: aws.logger, metrics: new Metrics() },
)
