import type { CorsRule } from '../s3/cors.ts'
import type { Notification } from '../s3/events.ts'
import type { QueueSettings } from '../sqs/queues.ts'
import type { BucketPlan, QueuePlan } from './plan.ts'

/** A queue's properties as the SQS endpoint needs them. `all` holds its dead-letter queue. */
export const queueSettings = ({ name, arn, properties }: QueuePlan, all: readonly QueuePlan[]): QueueSettings => {
  const { RedrivePolicy } = properties
  const target = all.find((queue) => queue.arn === RedrivePolicy?.deadLetterTargetArn)
  return {
    name,
    arn,
    visibilityTimeout: properties.VisibilityTimeout,
    delay: properties.DelaySeconds,
    retention: properties.MessageRetentionPeriod,
    waitTime: properties.ReceiveMessageWaitTimeSeconds,
    largestMessage: properties.MaximumMessageSize,
    redrive:
      RedrivePolicy === undefined || target === undefined
        ? null
        : { to: target.name, maxReceives: RedrivePolicy.maxReceiveCount },
  }
}

export type BucketSettings = {
  readonly isVersioned: boolean
  readonly cors: readonly CorsRule[]
  readonly notifications: readonly Notification[]
}

/** What S3 has to know of a bucket, out of the template. */
export const bucketSettings = ({ properties }: BucketPlan): BucketSettings => ({
  isVersioned: properties.VersioningConfiguration?.Status === 'Enabled',
  cors: properties.CorsConfiguration?.CorsRules ?? [],
  notifications: properties.NotificationConfiguration?.QueueConfigurations ?? [],
})
