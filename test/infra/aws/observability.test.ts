import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { makeTemplate, resourcesOf } from './synthesise.ts'

const template = makeTemplate()
const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties)
const dashboard = JSON.stringify(resourcesOf(template, 'AWS::CloudWatch::Dashboard'))
const alarm = (properties: object) => template.hasResourceProperties('AWS::CloudWatch::Alarm', properties)

/** Whatever is added to the stack is asked for here, by what the template has of its kind. */
const queues = resourcesOf(template, 'AWS::SQS::Queue')
const deadLetterQueues = [
  ...new Set(
    Object.values(queues)
      .map(
        ({ Properties }) =>
          Properties.RedrivePolicy as { deadLetterTargetArn: { 'Fn::GetAtt': [string, string] } } | undefined,
      )
      .flatMap((policy) => (policy === undefined ? [] : [policy.deadLetterTargetArn['Fn::GetAtt'][0]])),
  ),
]
const fedQueues = Object.keys(queues).filter((id) => !deadLetterQueues.includes(id))
const queue = (id: string) => [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }]
/** As the dashboard's body, a text with references in it, has it. */
const nameIn = (id: string): string => JSON.stringify({ 'Fn::GetAtt': [id, 'QueueName'] })
const functions = Object.keys(resourcesOf(template, 'AWS::Lambda::Function'))

describe('every function', () => {
  test.each(functions)('%s rings when it crashes and when it is throttled, and is on the dashboard', (id) => {
    const Dimensions = [{ Name: 'FunctionName', Value: { Ref: id } }]
    alarm({ MetricName: 'Errors', Dimensions, Threshold: 1 })
    alarm({ MetricName: 'Throttles', Dimensions })
    expect(dashboard).toContain(JSON.stringify({ Ref: id }))
  })
})

describe('every queue', () => {
  test('feeds a function or takes the dead letters of those that do', () => {
    const sources = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping')).map(
      ({ Properties }) => (Properties.EventSourceArn as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0],
    )
    expect([...sources].sort()).toEqual([...fedQueues].sort())
  })

  test.each(fedQueues)('%s rings when it does not move, and is on the dashboard', (id) => {
    alarm({ MetricName: 'ApproximateAgeOfOldestMessage', Dimensions: queue(id) })
    expect(dashboard).toContain(nameIn(id))
  })

  test.each(deadLetterQueues)('%s rings at its first message, and is on the dashboard', (id) => {
    alarm({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: queue(id),
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    })
    expect(dashboard).toContain(nameIn(id))
  })
})

test('a sweep that gives up, fails or is silent rings, and so does what retention could not do', () => {
  for (const [service, MetricName] of [
    ['sweep', 'SweepGivenUp'],
    ['sweep', 'SweepErrors'],
    ['retention', 'RetentionErrors'],
  ])
    alarm({ MetricName, Namespace: 'dumpline', Dimensions: [{ Name: 'service', Value: service }], Threshold: 1 })
  alarm({ MetricName: 'Invocations', ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' })
})

test('a function that knocks where it has no business rings', () => {
  alarm({ MetricName: 'RejectedConnections', Threshold: 1 })
})

test('a day that costs more than is said rings: the seconds of all that run long, at what they have of memory, and what is kept', () => {
  template.hasParameter('DailyDollars', { Type: 'Number', Default: 25 })
  const ofCost = alarms.filter(({ Threshold }) => JSON.stringify(Threshold) === '{"Ref":"DailyDollars"}')
  expect(ofCost).toHaveLength(1)
  const metrics = ofCost[0].Metrics as {
    Id: string
    Expression?: string
    MetricStat?: {
      Metric: { MetricName: string; Dimensions: { Value: { Ref: string } }[] }
      Period: number
      Stat: string
    }
  }[]
  const expression = metrics.find(({ Expression }) => Expression !== undefined)!.Expression!
  const terms = expression.split(' + ').map((term) => /^FILL\((\w+), (?:0|REPEAT)\) \* (\S+)$/.exec(term)!)
  const counted = metrics.filter(({ MetricStat }) => MetricStat?.Metric.MetricName === 'Duration')
  const all = resourcesOf(template, 'AWS::Lambda::Function')
  for (const { Id, MetricStat } of counted) {
    expect(MetricStat).toMatchObject({ Period: 86_400, Stat: 'Sum' })
    const memory = Number(all[MetricStat!.Metric.Dimensions[0].Value.Ref].Properties.MemorySize)
    const dollarsASecond = 1000 * Number(terms.find(([, id]) => id === Id)![2])
    // The price of a gigabyte-second of arm64.
    expect(dollarsASecond / (memory / 1024)).toBeCloseTo(0.000_013_333_4, 9)
  }
  const missed = functions.filter((id) =>
    counted.every(({ MetricStat }) => MetricStat!.Metric.Dimensions[0].Value.Ref !== id),
  )
  expect(missed.map((id) => id.replace(/Function[0-9A-F]{8}$/, '')).sort()).toEqual([
    'AnnouncementsAnnounce',
    'AnnouncementsWebhooks',
    'IdentityPeopleTokenClaims',
    'PipelineSweep',
    'Retention',
  ])
  expect(metrics.find(({ Id }) => Id === 'kept')!.MetricStat).toMatchObject({
    Metric: { MetricName: 'BucketSizeBytes' },
  })
  expect(Number(terms.find(([, id]) => id === 'kept')![2]) * 1e9 * 30).toBeCloseTo(0.023, 6)
  // CloudWatch takes ten metrics in an alarm.
  expect(metrics.length - 1).toBeLessThanOrEqual(10)
})

test('every alarm tells the topic, which only CloudWatch may, and an address where one is given', () => {
  const [topic] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'))
  for (const { AlarmActions } of alarms) expect(AlarmActions).toEqual([{ Ref: topic }])
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        Match.objectLike({
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }),
      ]),
    },
  })
  template.hasParameter('AlarmEmail', { Default: '' })
  template.hasResource('AWS::SNS::Subscription', {
    Properties: { Protocol: 'email', Endpoint: { Ref: 'AlarmEmail' } },
    Condition: Match.stringLikeRegexp('SomebodyIsTold'),
  })
})

test('what a condition leaves out is on the dashboard only where it is there', () => {
  const conditional = Object.entries(
    resourcesOf(template, 'AWS::Lambda::Function') as Record<string, { Condition?: string }>,
  )
    .filter(([, { Condition }]) => Condition !== undefined)
    .map(([id, { Condition }]) => ({ id, Condition }))
  expect(conditional).toHaveLength(1)
  for (const { id, Condition } of conditional) {
    const reference = JSON.stringify({ Ref: id })
    const choice = JSON.stringify({ 'Fn::If': [Condition, { Ref: id }, '-'] })
    expect(dashboard.split(reference)).toHaveLength(dashboard.split(choice).length)
  }
})
