import { Duration } from 'aws-cdk-lib'
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { prices } from '../../shared/cost/prices.ts'
import type { WatchedFunction } from './watched.ts'

const day = Duration.days(1)

/** An alarm's expression takes ten metrics. These functions are left out: they run for moments, or wait with little memory. */
const idle = new Set(['retention', 'sweep', 'tokenClaims', 'announce', 'webhooks'])

/**
 * Dollars a day: what Lambda bills for the functions' seconds (those of calls that failed or were killed too, which no
 * record of ours knows) and what S3 bills for the dumps and results it keeps. Requests are a small part of either and are
 * not in it; what a dump costs to the last request is in shared/cost.
 */
export const dollarsADay = (functions: readonly WatchedFunction[], bucket: Bucket): MathExpression => {
  const dear = functions.filter(({ name }) => !idle.has(name))
  const ofSeconds = dear.map(({ name, memoryMb }) => {
    const dollarsAMillisecond = ((memoryMb / 1024) * prices.lambda.gbSecond) / 1000
    return `FILL(${name}, 0) * ${dollarsAMillisecond.toExponential(6)}`
  })
  // S3 says how much it keeps once a day, a day late.
  const ofBytes = `FILL(kept, REPEAT) * ${(prices.s3.gbMonth / 1e9 / 30).toExponential(6)}`
  return new MathExpression({
    label: 'Dollars a day',
    period: day,
    expression: [...ofSeconds, ofBytes].join(' + '),
    usingMetrics: {
      ...Object.fromEntries(
        dear.map(({ name, fn }) => [name, fn.metricDuration({ period: day, statistic: 'Sum', label: name })]),
      ),
      kept: new Metric({
        namespace: 'AWS/S3',
        metricName: 'BucketSizeBytes',
        dimensionsMap: { BucketName: bucket.bucketName, StorageType: 'StandardStorage' },
        period: day,
        statistic: 'Average',
      }),
    },
  })
}
