import type { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { dueRetention } from '../../shared/cases/due.ts'
import type { Table } from '../../shared/cases/table.ts'
import { describeError } from '../aws/describe-error.ts'
import { lookAtCase, type RetentionPorts } from './look.ts'

/** What one run looks at; what is left over is first in the next. */
const mostCases = 1000
/** What is left of the function's time for a look under way. */
const reserveMs = 60_000

/** A Lambda handler that a schedule invokes: looks at the cases that are due, the longest overdue first. */
export const retentionHandler = (
  ports: RetentionPorts & { readonly table: Table },
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
) =>
  middy<unknown, void>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics))
    .handler(async (_event, context: Context) => {
      const count = (name: string, by: number): void => {
        if (by > 0) metrics.addMetric(name, MetricUnit.Count, by)
      }
      for (const due of await dueRetention(ports.table, ports.now(), mostCases)) {
        if (context.getRemainingTimeInMillis() < reserveMs) return
        try {
          const looked = await lookAtCase(ports, due)
          if (looked.deleted > 0 || looked.warned > 0) logger.info('Retention did something.', { ...due, ...looked })
          count('RetentionAnnounced', looked.warned)
          count('RetentionDeleted', looked.deleted)
          count('RetentionHeld', looked.held)
        } catch (error) {
          count('RetentionErrors', 1)
          logger.error('Retention failed.', { ...due, problem: describeError(error) })
        }
      }
    })
