import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import {
  concurrencyOf,
  ingestConcurrency,
  type QueueFedFunction,
  queueFedFunctions,
  queueSettings,
} from '../../../infra/aws/stage-settings.ts'
import { lanes } from '../../../shared/cases/lane.ts'
import { publicRoutes } from '../../../shared/cases/limits/public-routes.ts'
import { tableShape } from '../../conformance/dynamodb/table-shape.ts'
import { makeTemplate, resourcesOf } from './synthesise.ts'

const template = makeTemplate()
const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
const idOf = (type: string, start: string): string => {
  const ids = Object.keys(resourcesOf(template, type)).filter((id) => new RegExp(`^${start}[0-9A-F]{8}$`).test(id))
  expect(ids, start).toHaveLength(1)
  return ids[0]
}
const arnOf = (type: string, start: string) => ({ 'Fn::GetAtt': [idOf(type, start), 'Arn'] })

/** The queues that feed each function, as their names begin. */
const fed = queueFedFunctions.flatMap((name): [QueueFedFunction, string, number][] =>
  name === 'ingest'
    ? [[name, 'Ingest', ingestConcurrency]]
    : lanes.map((lane, index) => [name, `${capital(name)}${capital(lane)}`, concurrencyOf(name)[index]]),
)

describe('each queue', () => {
  test.each(fed)('of %s (%s) is encrypted and hands over to the dead-letter queue of its stage', (name) => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: queueSettings[name].visibilitySeconds,
      SqsManagedSseEnabled: true,
      RedrivePolicy: {
        deadLetterTargetArn: arnOf('AWS::SQS::Queue', `Pipeline${capital(name)}DeadLetters`),
        maxReceiveCount: 5,
      },
    })
    const deadLetters = resourcesOf(template, 'AWS::SQS::Queue')[
      idOf('AWS::SQS::Queue', `Pipeline${capital(name)}DeadLetters`)
    ]
    expect(deadLetters.Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 })
  })

  test.each(fed)(
    'of %s (%s) feeds its function, %i at once, which answers for each message by itself',
    (name, queue, most) => {
      template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
        EventSourceArn: arnOf('AWS::SQS::Queue', `Pipeline${queue}Queue`),
        ScalingConfig: { MaximumConcurrency: most },
        FunctionName: { Ref: idOf('AWS::Lambda::Function', `Pipeline${capital(name)}Function`) },
        BatchSize: name === 'ingest' ? 10 : 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      })
    },
  )

  test('of a person’s stage has a share of the function that a batch cannot take', () => {
    for (const name of ['unpack', 'header', 'pool', 'scan', 'imports', 'verdict'] as const) {
      const fn = resourcesOf(template, 'AWS::Lambda::Function')[
        idOf('AWS::Lambda::Function', `Pipeline${capital(name)}Function`)
      ]
      const all = concurrencyOf(name).reduce((sum, most) => sum + most)
      expect(fn.Properties.ReservedConcurrentExecutions).toEqual({
        'Fn::If': ['ConcurrencyIsReserved', all, { Ref: 'AWS::NoValue' }],
      })
    }
  })

  test('refuses what does not come over TLS', () => {
    const queues = Object.keys(resourcesOf(template, 'AWS::SQS::Queue'))
    expect(queues).toHaveLength(32)
    for (const queue of queues)
      template.hasResourceProperties('AWS::SQS::QueuePolicy', {
        Queues: [{ Ref: queue }],
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          ]),
        },
      })
  })
})

describe('the bucket', () => {
  const bucketId = idOf('AWS::S3::Bucket', 'StorageDumps')
  const bucket = resourcesOf(template, 'AWS::S3::Bucket')[bucketId]

  test('reports new dumps, and only dumps, to the ingest queue', () => {
    expect(bucket.Properties.NotificationConfiguration).toEqual({
      QueueConfigurations: [
        {
          Event: 's3:ObjectCreated:*',
          Queue: arnOf('AWS::SQS::Queue', 'PipelineIngestQueue'),
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'dumps/' }] } },
        },
      ],
    })
    expect(Object.keys(template.toJSON().Resources).filter((id) => /BucketNotifications/.test(id))).toEqual([])
  })

  test('is made after S3 may send to the queue, and S3 only for this account', () => {
    const policyId = idOf('AWS::SQS::QueuePolicy', 'PipelineIngestQueuePolicy')
    expect(bucket.DependsOn).toContain(policyId)
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Principal: { Service: 's3.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: arnOf('AWS::SQS::Queue', 'PipelineIngestQueue'),
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ]),
      },
    })
  })

  test('is versioned, encrypted, closed to the public, logged, and kept when the stack goes', () => {
    expect(bucket).toMatchObject({ DeletionPolicy: 'Retain' })
    expect(bucket.Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LoggingConfiguration: { DestinationBucketName: { Ref: idOf('AWS::S3::Bucket', 'StorageAccessLogs') } },
    })
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: bucketId },
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    })
  })

  test('lets browsers PUT parts and see their ETags, and drops uploads nobody finishes', () => {
    expect(bucket.Properties.CorsConfiguration).toMatchObject({
      CorsRules: [{ AllowedMethods: ['PUT', 'GET'], ExposedHeaders: ['ETag'] }],
    })
    expect(bucket.Properties.LifecycleConfiguration).toMatchObject({
      Rules: [
        { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 15 }, Status: 'Enabled' },
        { NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: 'Enabled' },
        // Copies handed out are of no use after a minute; nothing else under these ever expires.
        { Prefix: 'handed-out/', ExpirationInDays: 1, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
      ],
    })
  })
})

test('the API’s environment fits into a function, however long the stack’s name makes the queues’ names', () => {
  const { Properties } = resourcesOf(template, 'AWS::Lambda::Function')[idOf('AWS::Lambda::Function', 'ApiFunction')]
  // SQS's names have 80 characters at most; before them in a URL stand host and account.
  const lengthOf = (value: unknown): number => {
    if (typeof value === 'string') return value.length
    const { 'Fn::Join': join, 'Fn::GetAtt': attribute } = value as Record<string, [string, unknown[]]>
    if (join !== undefined) return join[1].reduce<number>((sum, part) => sum + lengthOf(part), 0)
    return attribute === undefined ? 140 : 80
  }
  const { Variables } = Properties.Environment as { Variables: Record<string, unknown> }
  const variables = Object.entries(Variables)
  const bytes = variables.reduce((sum, [name, value]) => sum + name.length + lengthOf(value), 0)
  expect(bytes).toBeGreaterThan(1500)
  // Lambda's limit is 4 KB for all of them; 500 bytes are left for what is still to come.
  expect(bytes).toBeLessThan(4096 - 500)
})

test('the table is on demand, recoverable, encrypted, kept, and lists cases and what is due by indexes', () => {
  template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Retain',
    Properties: {
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      ...tableShape,
      TimeToLiveSpecification: Match.absent(),
      StreamSpecification: Match.absent(),
    },
  })
})

describe('the HTTP API', () => {
  test('lets in only who has a token, but for the routes that say otherwise', () => {
    const routes = Object.values(resourcesOf(template, 'AWS::ApiGatewayV2::Route'))
    const open = routes.filter(({ Properties }) => Properties.AuthorizationType === 'NONE')
    expect(open.map(({ Properties }) => Properties.RouteKey)).toEqual(publicRoutes.map(({ key }) => key))
    const closed = routes.filter(({ Properties }) => Properties.AuthorizationType === 'JWT')
    expect(closed.map(({ Properties }) => Properties.RouteKey)).toEqual([
      'ANY /api/{proxy+}',
      'POST /api/cases/{caseId}/uploads/{uploadId}/parts',
    ])
    expect(routes).toHaveLength(open.length + closed.length)
  })

  test('is throttled and logs its accesses', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      AccessLogSettings: { DestinationArn: arnOf('AWS::Logs::LogGroup', 'ApiAccessLog') },
    })
  })

  test('has a throttle for each public route and for presigning alone, once the routes are there', () => {
    const [stage] = Object.values(resourcesOf(template, 'AWS::ApiGatewayV2::Stage'))
    const settings = Object.entries(stage.Properties.RouteSettings as Record<string, Record<string, number>>)
    expect(settings.map(([key]) => key)).toEqual([
      ...publicRoutes.map(({ key }) => key),
      'POST /api/cases/{caseId}/uploads/{uploadId}/parts',
    ])
    for (const [, { ThrottlingRateLimit, ThrottlingBurstLimit, ...others }] of settings) {
      expect(ThrottlingRateLimit).toBeLessThan(50)
      expect(ThrottlingBurstLimit).toBeLessThan(100)
      expect(others).toEqual({})
    }
    const routes = Object.entries(resourcesOf(template, 'AWS::ApiGatewayV2::Route'))
    for (const [key] of settings) {
      const [id] = routes.find(([, { Properties }]) => Properties.RouteKey === key) ?? []
      expect(stage.DependsOn).toContain(id)
    }
  })
})

test('every log group ends', () => {
  const groups = Object.values(resourcesOf(template, 'AWS::Logs::LogGroup'))
  expect(groups).toHaveLength(16)
  for (const { Properties } of groups) expect(Properties.RetentionInDays).toEqual({ Ref: 'LogRetentionDays' })
  template.hasParameter('LogRetentionDays', { Default: 90 })
})

test('no function of AWS is told that receivers of webhooks may be on its own machine', () => {
  expect(JSON.stringify(template.toJSON())).not.toContain('WEBHOOKS_TO_LOOPBACK')
})

test('ends of analyses go to a bus of the stack', () => {
  template.resourceCountIs('AWS::Events::EventBus', 1)
  template.resourceCountIs('AWS::Events::EventBusPolicy', 0)
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: Match.objectLike({
        POWERTOOLS_SERVICE_NAME: 'announce',
        EVENT_BUS_NAME: { Ref: idOf('AWS::Events::EventBus', 'AnnouncementsBus') },
      }),
    },
  })
})

test('the sweep runs every five minutes', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(5 minutes)',
    State: 'ENABLED',
    Targets: [Match.objectLike({ Arn: arnOf('AWS::Lambda::Function', 'PipelineSweepFunction') })],
  })
})
