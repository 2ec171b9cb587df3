import type { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { describeError } from '../aws/describe-error.ts'
import { forget } from './forget.ts'
import { type SweepPorts, sweep } from './sweep.ts'

/** What one run looks at. A look is some reads and at most one message: a run of them fits well into the timeout. */
const mostLooks = 1000

/** Items one run removes because their time is over; the next run goes on. */
const mostForgotten = 1000

/** What is left of the function's time for a look under way. */
const reserveMs = 15_000

const metricOf = {
  begun: 'SweepBegun',
  sent: 'SweepSent',
  'given-up': 'SweepGivenUp',
  abandoned: 'SweepAbandoned',
  waiting: 'SweepWaiting',
  told: 'SweepTold',
  error: 'SweepErrors',
} as const

/** A Lambda handler that a schedule invokes. What it finds stuck is in the log, each with its ids, and in metrics. */
export const sweepHandler = (ports: SweepPorts, { logger, metrics }: { logger: Logger; metrics: Metrics }) =>
  middy<unknown, void>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics))
    .handler(async (_event, context: Context) => {
      let looks = 0
      const withinMs = Math.max(0, context.getRemainingTimeInMillis() - reserveMs)
      await sweep(ports, { most: mostLooks, withinMs }, (swept) => {
        looks++
        const { due, end } = swept
        if (end in metricOf) metrics.addMetric(metricOf[end as keyof typeof metricOf], MetricUnit.Count, 1)
        if (end === 'error') logger.error('The sweep failed.', { ...due, problem: describeError(swept.error) })
        else if (end === 'sent' || end === 'given-up' || end === 'begun' || end === 'told')
          logger.warn('Something was stuck.', swept)
      })
      metrics.addMetric('SweepLooks', MetricUnit.Count, looks)
      const leftMs = Math.max(0, context.getRemainingTimeInMillis() - reserveMs)
      const forgotten = await forget(ports.table, ports.now, mostForgotten, leftMs)
      metrics.addMetric('SweepForgotten', MetricUnit.Count, forgotten)
    })
