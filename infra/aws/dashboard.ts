import { Aws, Fn } from 'aws-cdk-lib'
import { Dashboard as CloudWatchDashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { stages } from '../../shared/cases/stage.ts'
import { dollarsADay } from './cost-metric.ts'
import { ageOf, lengthOf, own, period, type Watched } from './watched.ts'

const graph = (title: string, left: IMetric[]): GraphWidget => new GraphWidget({ title, left, width: 12, height: 6 })
const ofStages = (metric: string, statistic: string): IMetric[] => stages.map((name) => own(name, metric, statistic))

/** A function that a condition leaves out has no name then, and the dashboard is there all the same. */
const nameOf = (fn: LambdaFunction): string => {
  const { condition } = (fn.node.defaultChild as CfnFunction).cfnOptions
  return condition === undefined
    ? fn.functionName
    : Fn.conditionIf(condition.logicalId, fn.functionName, '-').toString()
}

/** Shows what the alarms watch, and how fast and how dear the stages are. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { functions, queues, api, bucket }: Watched) {
    super(scope, id)
    const lanes = queues.flatMap((each) => each.lanes)
    const ofFunctions = (metric: string, statistic: string): IMetric[] =>
      functions.map(({ fn }) => fn.metric(metric, { period, statistic, dimensionsMap: { FunctionName: nameOf(fn) } }))
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: `${Aws.STACK_NAME}-${Aws.REGION}`,
      widgets: [
        [
          graph(
            'Oldest message of each queue, seconds',
            lanes.map(({ queue }) => ageOf(queue)),
          ),
          graph(
            'Dead letters',
            queues.map(({ deadLetters }) => lengthOf(deadLetters)),
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
          graph('Functions at once', ofFunctions('ConcurrentExecutions', 'Maximum')),
          graph('Function calls that crashed or ran out of time', ofFunctions('Errors', 'Sum')),
        ],
        [
          graph('Dollars a day: functions and kept dumps', [dollarsADay(functions, bucket)]),
          graph(
            'Sweep',
            ['SweepLooks', 'SweepSent', 'SweepBegun', 'SweepWaiting', 'SweepGivenUp'].map((name) =>
              own('sweep', name, 'Sum'),
            ),
          ),
        ],
        [
          graph(
            'Webhooks: delivered, tried again, given up',
            ['WebhookDelivered', 'WebhookAgain', 'WebhookFailed'].map((name) => own('webhooks', name, 'Sum')),
          ),
          graph('Ends of analyses announced, and told again by the sweep', [
            own('announce', 'Announced', 'Sum'),
            own('sweep', 'SweepTold', 'Sum'),
          ]),
        ],
        [
          graph('Upload to verdict, p50 and p90, ms', [
            own('verdict', 'UploadToVerdict', 'p50'),
            own('verdict', 'UploadToVerdict', 'p90'),
          ]),
          graph('API requests and server errors', [
            api.metricCount({ period, statistic: 'Sum' }),
            api.metricServerError({ period, statistic: 'Sum' }),
          ]),
        ],
      ],
    })
  }
}
