import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { type QueueSettings, retentionDays } from './stage-settings.ts'

/** A queue with the dead-letter queue its messages end in. */
export type FedQueue = { readonly name: string; readonly queue: Queue; readonly deadLetters: Queue }

/** A queue of its own with a dead-letter queue of its own, where a message goes after so many receives. */
export const makeFedQueue = (
  scope: Construct,
  name: string,
  { visibilitySeconds }: QueueSettings,
  maxReceiveCount: number,
): FedQueue => {
  const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true }
  const deadLetters = new Queue(scope, `${name}DeadLetters`, {
    ...common,
    retentionPeriod: Duration.days(retentionDays.deadLetters),
  })
  const queue = new Queue(scope, `${name}Queue`, {
    ...common,
    visibilityTimeout: Duration.seconds(visibilitySeconds),
    retentionPeriod: Duration.days(retentionDays.queue),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount },
  })
  return { name, queue, deadLetters }
}
