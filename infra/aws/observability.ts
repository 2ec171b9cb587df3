import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import type { Api } from './api.ts'
import type { Pipeline } from './pipeline.ts'

/** A dead letter means a defect of ours, for a dump's own faults are results: any one of them rings. */
export class Observability extends Construct {
  constructor(scope: Construct, id: string, pipeline: Pipeline, api: Api) {
    super(scope, id)
    const period = Duration.minutes(5)
    for (const [name, { deadLetters, queue }] of Object.entries(pipeline.queues)) {
      this.alarm(
        `${name}DeadLetters`,
        `Messages wait in the dead-letter queue of ${name}: a defect, or an outage longer than its retries.`,
        deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
        1,
      )
      this.alarm(
        `${name}Waiting`,
        `The oldest message of ${name} has waited for two hours: the stage does not keep up or does not run.`,
        queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' }),
        7200,
      )
    }
    for (const [name, { fn }] of [...Object.entries(pipeline.functions), ['api', api.function] as const])
      this.alarm(
        `${name}Errors`,
        `The function ${name} crashed, ran out of memory or ran out of time.`,
        fn.metricErrors({ period, statistic: 'Sum' }),
        1,
      )
    this.alarm(
      'apiServerErrors',
      'The HTTP API answered with a server error.',
      api.api.metricServerError({ period, statistic: 'Sum' }),
      1,
    )
  }

  private alarm(name: string, description: string, metric: IMetric, threshold: number): void {
    new Alarm(this, name, {
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
  }
}
