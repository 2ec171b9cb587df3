import { Aws, CfnCondition, type CfnResource, Duration, Fn } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda'
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { dollarsADay } from './cost-metric.ts'
import { alarmEmail, dailyDollars } from './parameters.ts'
import { ageOf, lengthOf, own, period, type Watched } from './watched.ts'

/** Messages of these lanes that wait longer than this mean that the stage does not keep up. A batch may wait. */
const longestWaitSeconds = { interactive: 900, normal: 7200, reprocessing: 2 * 86_400 }

/**
 * What rings, and tells a topic of it. A dead letter means a defect of ours, for a dump's own faults are results: any one
 * of them rings. So does a stage that the sweep gave up.
 */
export class Alarms extends Construct {
  private readonly topic: Topic

  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id)
    this.topic = this.alarmTopic()
    for (const { name, deadLetters } of watched.queues)
      this.alarm(
        `${name}DeadLetters`,
        `Messages wait in the dead-letter queue of ${name}: a defect, or an outage longer than its retries. Once it is dealt with, send them again from the portal’s operations page, or by npx node functions/aws/redrive.ts.`,
        lengthOf(deadLetters),
        1,
      )
    for (const { name, queue } of watched.queues.flatMap(({ lanes }) => lanes))
      this.alarm(
        `${name}Waiting`,
        `The oldest message of ${name} has waited for too long: the stage does not keep up or does not run.`,
        ageOf(queue),
        waitOf(name),
      )
    this.ofFunctions(watched)
    this.ofOwnMetrics()
    this.alarm(
      'apiServerErrors',
      'The HTTP API answered with a server error.',
      watched.api.metricServerError({ period, statistic: 'Sum' }),
      1,
    )
    this.alarm(
      'SweepSilent',
      'The sweep has not run for half an hour.',
      watched.sweep.metricInvocations({ period: Duration.minutes(30), statistic: 'Sum' }),
      1,
      { comparison: ComparisonOperator.LESS_THAN_THRESHOLD, missing: TreatMissingData.BREACHING },
    )
    this.alarm(
      'DollarsADay',
      'Functions and kept dumps have cost more today than a day is expected to (the parameter DailyDollars).',
      dollarsADay(watched.functions, watched.bucket),
      dailyDollars(this),
    )
    // Where there is no wall, nothing knocks at it.
    this.onlyIf(
      watched.network.isolated,
      this.alarm(
        'RejectedConnections',
        'A function that can reach dumps tried to connect to something that it has no business with.',
        watched.network.rejections,
        1,
      ),
    )
  }

  private ofFunctions({ functions }: Watched): void {
    for (const { name, fn } of functions) {
      const errors = fn.metricErrors({ period, statistic: 'Sum' })
      const throttles = fn.metricThrottles({ period, statistic: 'Sum' })
      const alarms = [
        this.alarm(`${name}Errors`, `The function ${name} crashed, ran out of memory or ran out of time.`, errors, 1),
        this.alarm(
          `${name}Throttles`,
          `The function ${name} was to run more often at once than it may.`,
          throttles,
          name === 'api' ? 20 : 1,
        ),
      ]
      // Where the function is not, its alarms must not be either.
      const { condition } = (fn.node.defaultChild as CfnFunction).cfnOptions
      for (const alarm of alarms) if (condition !== undefined) this.onlyIf(condition, alarm)
    }
  }

  private ofOwnMetrics(): void {
    for (const [service, metric, description] of [
      [
        'sweep',
        'SweepGivenUp',
        'The sweep gave up a stage that never finished: its function is killed each time, or never runs.',
      ],
      ['sweep', 'SweepErrors', 'The sweep could not look after something.'],
      ['retention', 'RetentionErrors', 'Something that was to be announced or deleted could not be.'],
    ])
      this.alarm(metric, description, own(service, metric, 'Sum'), 1)
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
    const alarm = new Alarm(this, name, {
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: comparison,
      treatMissingData: missing,
    })
    alarm.addAlarmAction(new SnsAction(this.topic))
    return alarm
  }

  private onlyIf(condition: CfnCondition, alarm: Alarm): void {
    ;(alarm.node.defaultChild as CfnResource).cfnOptions.condition = condition
  }

  /** Of alarms alone, which name queues and functions: nothing secret goes through it. */
  private alarmTopic(): Topic {
    const topic = new Topic(this, 'Topic', { enforceSSL: true })
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    )
    const email = alarmEmail(this)
    const subscription = new CfnSubscription(this, 'Email', {
      topicArn: topic.topicArn,
      protocol: 'email',
      endpoint: email,
    })
    subscription.cfnOptions.condition = new CfnCondition(this, 'SomebodyIsTold', {
      expression: Fn.conditionNot(Fn.conditionEquals(email, '')),
    })
    return topic
  }
}

/** A receiver that is away is given a day (shared/cases/webhooks/delivery.ts), which is no fault of ours. */
const longestDeliverySeconds = 86_400

/** By the lane that a queue's name ends in; uploads' events are a person's matter. */
const waitOf = (name: string): number => {
  if (name === 'Webhooks') return longestDeliverySeconds
  const lane = (['interactive', 'normal', 'reprocessing'] as const).find((lane) => name.toLowerCase().endsWith(lane))
  return longestWaitSeconds[lane ?? 'interactive']
}
