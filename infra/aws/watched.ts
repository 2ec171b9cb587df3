import { Duration } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { FedQueue } from './fed-queue.ts'
import type { Network } from './network.ts'

/** A function by the name that its alarms bear, with the megabytes a second of it is paid by. */
export type WatchedFunction = { readonly name: string; readonly fn: LambdaFunction; readonly memoryMb: number }

/** Everything of the stack that has alarms and is on the dashboard. */
export type Watched = {
  readonly functions: readonly WatchedFunction[]
  /** The queues of a function, one a lane or one alone, with the dead-letter queue they share. */
  readonly queues: readonly {
    readonly name: string
    readonly lanes: readonly FedQueue[]
    readonly deadLetters: Queue
  }[]
  readonly sweep: LambdaFunction
  readonly api: HttpApi
  readonly bucket: Bucket
  readonly network: Network
}

export const period = Duration.minutes(5)

/** The functions' own metrics are under their folder's name (`service`), as functions/aws writes them. */
export const own = (service: string, metricName: string, statistic: string): Metric =>
  new Metric({ namespace: 'dumpline', metricName, dimensionsMap: { service }, period, statistic })

/** Seconds that the oldest message of a queue has waited. */
export const ageOf = (queue: Queue): Metric =>
  queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' })

/** Messages that wait in a queue. */
export const lengthOf = (queue: Queue): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' })
