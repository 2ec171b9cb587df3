import { Aws, Duration } from 'aws-cdk-lib'
import {
  Alarm,
  type CfnAlarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { CfnFunction, IFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { Api } from './api.ts'
import type { Pipeline } from './pipeline.ts'
import type { Reprocessing } from './reprocessing.ts'
import type { Retention } from './retention.ts'
import type { People } from './user-pool.ts'

const period = Duration.minutes(5)

/** The functions' own metrics are under their folder's name (`service`), as functions/aws writes them. */
const own = (service: string, metricName: string, statistic: string): Metric =>
  new Metric({ namespace: 'dumpline', metricName, dimensionsMap: { service }, period, statistic })

/** Messages of these lanes that wait longer than this mean that the stage does not keep up. A batch may wait. */
const longestWaitSeconds = { interactive: 900, normal: 7200, reprocessing: 2 * 86_400 }

/**
 * Alarms, and the dashboard that shows what they watch. A dead letter means a defect of ours, for a dump's own faults
 * are results: any one of them rings. So does a stage that the sweep gave up.
 */
export class Observability extends Construct {
  constructor(
    scope: Construct,
    id: string,
    pipeline: Pipeline,
    api: Api,
    people: People,
    reprocessing: Reprocessing,
    retention: Retention,
  ) {
    super(scope, id)
    const functions = Object.entries({
      ...pipeline.functions,
      sweep: pipeline.sweep,
      retention: retention.function,
      api: api.function,
      reprocess: reprocessing.function,
    })
    const fed = Object.entries({ ...pipeline.queues, reprocess: [reprocessing.queue] })
    const queues = fed.flatMap(([, all]) => all)
    const age = ({ queue }: (typeof queues)[number]) =>
      queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' })
    const deadLetters = fed.map(([name, [{ deadLetters }]]) => ({
      name,
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
    }))

    for (const { name, metric } of deadLetters)
      this.alarm(
        `${name}DeadLetters`,
        `Messages wait in the dead-letter queue of ${name}: a defect, or an outage longer than its retries. Once it is dealt with, send them again from the portal’s operations page, or by node functions/aws/redrive.ts.`,
        metric,
        1,
      )
    for (const fedQueue of queues)
      this.alarm(
        `${fedQueue.name}Waiting`,
        `The oldest message of ${fedQueue.name} has waited for too long: the stage does not keep up or does not run.`,
        age(fedQueue),
        waitOf(fedQueue.name),
      )
    for (const [name, { fn }] of functions) this.functionAlarms(name, fn, name === 'api' ? 20 : 1)
    const { fn: tokenClaims } = people.tokenClaims
    // Where the function is not, its alarms must not be either.
    for (const { node } of this.functionAlarms('tokenClaims', tokenClaims, 1))
      (node.defaultChild as CfnAlarm).cfnOptions.condition = (
        tokenClaims.node.defaultChild as CfnFunction
      ).cfnOptions.condition
    this.alarm(
      'apiServerErrors',
      'The HTTP API answered with a server error.',
      api.api.metricServerError({ period, statistic: 'Sum' }),
      1,
    )
    for (const [metric, description] of [
      [
        'SweepGivenUp',
        'The sweep gave up a stage that never finished: its function is killed each time, or never runs.',
      ],
      ['SweepErrors', 'The sweep could not look after something.'],
    ] as const)
      this.alarm(metric, description, own('sweep', metric, 'Sum'), 1)
    this.alarm(
      'RetentionErrors',
      'Something that was to be announced or deleted could not be.',
      own('retention', 'RetentionErrors', 'Sum'),
      1,
    )
    this.alarm(
      'SweepSilent',
      'The sweep has not run for half an hour.',
      pipeline.sweep.fn.metricInvocations({ period: Duration.minutes(30), statistic: 'Sum' }),
      1,
      { comparison: ComparisonOperator.LESS_THAN_THRESHOLD, missing: TreatMissingData.BREACHING },
    )

    const stageNames = Object.keys(pipeline.functions).filter((name) => name !== 'ingest' && name !== 'scan')
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12, height: 6 })
    const ofStages = (metric: string, statistic: string) => stageNames.map((name) => own(name, metric, statistic))
    new Dashboard(this, 'Dashboard', {
      dashboardName: `${Aws.STACK_NAME}-${Aws.REGION}`,
      widgets: [
        [
          graph('Oldest message of each queue, seconds', queues.map(age)),
          graph(
            'Dead letters',
            deadLetters.map(({ metric }) => metric),
          ),
        ],
        [
          graph('Stages done', ofStages('StageRan', 'Sum')),
          graph('Stages that the dump did not allow, or that broke', [
            ...ofStages('StageFailed', 'Sum'),
            ...ofStages('MessagesFailed', 'Sum'),
          ]),
        ],
        [
          graph('Duration of a stage, p90, ms', ofStages('StageMilliseconds', 'p90')),
          graph('Bytes read by a stage, p90', ofStages('StageBytesRead', 'p90')),
        ],
        [
          graph('Requests to read a dump, average', ofStages('StageRequests', 'Average')),
          graph('Requests AWS made us repeat', ofStages('AwsRetries', 'Sum')),
        ],
        [
          graph('Shards done, failed, dealt with in vain', [
            own('scan', 'ShardRan', 'Sum'),
            own('scan', 'ShardFailed', 'Sum'),
            own('scan', 'MessagesFailed', 'Sum'),
          ]),
          graph('Duration of a shard, p50 and p90, ms', [
            own('scan', 'ShardMilliseconds', 'p50'),
            own('scan', 'ShardMilliseconds', 'p90'),
          ]),
        ],
        [
          graph(
            'Functions at once',
            functions.map(([, { fn }]) => fn.metric('ConcurrentExecutions', { period, statistic: 'Maximum' })),
          ),
          graph(
            'Sweep',
            ['SweepLooks', 'SweepSent', 'SweepBegun', 'SweepWaiting', 'SweepGivenUp'].map((name) =>
              own('sweep', name, 'Sum'),
            ),
          ),
        ],
        [
          graph('Upload to verdict, p50 and p90, ms', [
            own('verdict', 'UploadToVerdict', 'p50'),
            own('verdict', 'UploadToVerdict', 'p90'),
          ]),
          graph('API requests and server errors', [
            api.api.metricCount({ period, statistic: 'Sum' }),
            api.api.metricServerError({ period, statistic: 'Sum' }),
          ]),
        ],
      ],
    })
  }

  private functionAlarms(name: string, fn: IFunction, mostThrottles: number): Alarm[] {
    return [
      this.alarm(
        `${name}Errors`,
        `The function ${name} crashed, ran out of memory or ran out of time.`,
        fn.metricErrors({ period, statistic: 'Sum' }),
        1,
      ),
      this.alarm(
        `${name}Throttles`,
        `The function ${name} was to run more often at once than it may.`,
        fn.metricThrottles({ period, statistic: 'Sum' }),
        mostThrottles,
      ),
    ]
  }

  private alarm(
    name: string,
    description: string,
    metric: IMetric,
    threshold: number,
    {
      comparison = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      missing = TreatMissingData.NOT_BREACHING,
    } = {},
  ): Alarm {
    return new Alarm(this, name, {
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: comparison,
      treatMissingData: missing,
    })
  }
}

/** By the lane that a queue's name ends in; uploads' events are a person's matter. */
const waitOf = (name: string): number => {
  const lane = (['interactive', 'normal', 'reprocessing'] as const).find((lane) => name.toLowerCase().endsWith(lane))
  return longestWaitSeconds[lane ?? 'interactive']
}
