import { z } from 'zod'

/**
 * Which resources of a template the local stack runs, and with which properties. A property that is neither used nor
 * ignored for a stated reason is an error, as an unknown resource type is: what would silently behave differently from
 * AWS has to be decided here.
 */
const ignored = <Name extends string>(reasons: Record<Name, string>) =>
  Object.fromEntries(Object.keys(reasons).map((name) => [name, z.unknown().optional()])) as Record<
    Name,
    z.ZodOptional<z.ZodUnknown>
  >

const number = z.coerce.number()

const everywhere = ignored({ Tags: 'nothing here reads tags' })

const Bucket = z.strictObject({
  BucketName: z.string().optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  CorsConfiguration: z
    .strictObject({
      CorsRules: z.array(
        z.strictObject({
          Id: z.string().optional(),
          AllowedOrigins: z.array(z.string()),
          AllowedMethods: z.array(z.string()),
          AllowedHeaders: z.array(z.string()).default([]),
          ExposedHeaders: z.array(z.string()).default([]),
          MaxAge: number.optional(),
        }),
      ),
    })
    .optional(),
  NotificationConfiguration: z
    .strictObject({
      QueueConfigurations: z
        .array(
          z.strictObject({
            Event: z.string(),
            Queue: z.string(),
            Filter: z
              .strictObject({
                S3Key: z.strictObject({ Rules: z.array(z.strictObject({ Name: z.string(), Value: z.string() })) }),
              })
              .optional(),
          }),
        )
        .default([]),
    })
    .optional(),
  ...everywhere,
  ...ignored({
    AccessControl: 'there is one user',
    BucketEncryption: "the files are on this machine's own disk",
    LifecycleConfiguration: 'days pass on AWS; delete the data folder here',
    LoggingConfiguration: 'no access log is kept here',
    IntelligentTieringConfigurations: 'one disk has one tier',
    MetricsConfigurations: 'no metrics here',
    OwnershipControls: 'there is one owner',
    PublicAccessBlockConfiguration: 'nothing here is reachable from outside the machine',
  }),
})

const Queue = z.strictObject({
  QueueName: z.string().optional(),
  VisibilityTimeout: number.default(30),
  DelaySeconds: number.default(0),
  MessageRetentionPeriod: number.default(345_600),
  MaximumMessageSize: number.default(1_048_576),
  ReceiveMessageWaitTimeSeconds: number.default(0),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: number }).optional(),
  ...everywhere,
  ...ignored({
    KmsDataKeyReusePeriodSeconds: 'nothing is encrypted here',
    KmsMasterKeyId: 'nothing is encrypted here',
    RedriveAllowPolicy: 'permissions are not enforced here',
    SqsManagedSseEnabled: 'nothing is encrypted here',
  }),
})

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))

const Table = z.strictObject({
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z
    .array(
      z.strictObject({
        IndexName: z.string(),
        KeySchema: keySchema,
        Projection: z.strictObject({
          ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: z.array(z.string()).optional(),
        }),
        ...ignored({
          ContributorInsightsSpecification: 'no metrics here',
          OnDemandThroughput: 'nothing is throttled here',
          ProvisionedThroughput: 'nothing is throttled here',
        }),
      }),
    )
    .default([]),
  ...everywhere,
  ...ignored({
    BillingMode: 'nothing is billed here',
    ContributorInsightsSpecification: 'no metrics here',
    DeletionProtectionEnabled: 'nothing here deletes a table',
    OnDemandThroughput: 'nothing is throttled here',
    PointInTimeRecoverySpecification: 'no backups here',
    ProvisionedThroughput: 'nothing is throttled here',
    SSESpecification: 'nothing is encrypted here',
    TableClass: 'nothing is billed here',
  }),
})

const LambdaFunction = z.strictObject({
  FunctionName: z.string().optional(),
  Handler: z.string(),
  Runtime: z.string().startsWith('nodejs'),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
  MemorySize: number.default(128),
  Timeout: number.default(3),
  ReservedConcurrentExecutions: number.optional(),
  ...everywhere,
  ...ignored({
    Architectures: "functions run on this machine's processor",
    Description: 'nothing shows it',
    EphemeralStorage: "the temporary folder is this machine's own",
    LoggingConfig: 'logs go to one file a function',
    PackageType: 'functions with Code.S3Key are zip packages',
    RecursiveLoop: 'AWS detects loops, the local stack does not',
    Role: 'permissions are not enforced here',
    TracingConfig: 'nothing is traced here',
    VpcConfig: 'functions run on this machine, whose network is its own',
  }),
})

const EventSourceMapping = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: number.default(10),
  MaximumBatchingWindowInSeconds: number.default(0),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  ScalingConfig: z.strictObject({ MaximumConcurrency: number.optional() }).optional(),
  Enabled: z.boolean().default(true),
  ...everywhere,
  ...ignored({ MetricsConfig: 'no metrics here' }),
})

const Rule = z.strictObject({
  ScheduleExpression: z.string(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(
    z.strictObject({
      Arn: z.string(),
      Id: z.string(),
      ...ignored({ RetryPolicy: 'what one run does not do here, the next one does' }),
    }),
  ),
  ...everywhere,
  ...ignored({ Description: 'nothing shows it', Name: 'nothing refers to it' }),
})

const EventBus = z.strictObject({
  Name: z.string(),
  ...everywhere,
  ...ignored({ Description: 'nothing shows it' }),
})

const Api = z.strictObject({
  Name: z.string(),
  ProtocolType: z.literal('HTTP'),
  ...everywhere,
  ...ignored({
    CorsConfiguration: 'the portal and the API have one origin here',
    Description: 'nothing shows it',
    DisableExecuteApiEndpoint: 'there is one endpoint here',
  }),
})

const Stage = z.strictObject({
  ApiId: z.string(),
  StageName: z.literal('$default'),
  ...everywhere,
  ...ignored({
    AccessLogSettings: 'no access log is kept here',
    AutoDeploy: 'the template is the deployment',
    DefaultRouteSettings: 'nothing is throttled here',
    Description: 'nothing shows it',
    RouteSettings: 'nothing is throttled here',
  }),
})

const Integration = z.strictObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: number.default(30_000),
  ...ignored({
    CredentialsArn: 'permissions are not enforced here',
    Description: 'nothing shows it',
    IntegrationMethod: 'a function is always invoked by POST',
  }),
})

const Authorizer = z.strictObject({
  ApiId: z.string(),
  AuthorizerType: z.literal('JWT'),
  IdentitySource: z.tuple([z.literal('$request.header.Authorization')]),
  JwtConfiguration: z.strictObject({ Issuer: z.string(), Audience: z.array(z.string()).min(1) }),
  ...ignored({ Name: 'nothing refers to it' }),
})

const Route = z.strictObject({
  ApiId: z.string(),
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z.enum(['NONE', 'JWT']).default('NONE'),
  AuthorizerId: z.string().optional(),
  ...ignored({ ApiKeyRequired: 'HTTP APIs have no API keys', OperationName: 'nothing shows it' }),
})

export const schemas = {
  'AWS::ApiGatewayV2::Api': Api,
  'AWS::ApiGatewayV2::Authorizer': Authorizer,
  'AWS::ApiGatewayV2::Integration': Integration,
  'AWS::ApiGatewayV2::Route': Route,
  'AWS::ApiGatewayV2::Stage': Stage,
  'AWS::DynamoDB::Table': Table,
  'AWS::Events::EventBus': EventBus,
  'AWS::Events::Rule': Rule,
  'AWS::Lambda::EventSourceMapping': EventSourceMapping,
  'AWS::Lambda::Function': LambdaFunction,
  'AWS::S3::Bucket': Bucket,
  'AWS::SQS::Queue': Queue,
}
export type RunType = keyof typeof schemas

const portalReason = 'the server on this machine has the portal’s files itself, with the same headers'

const networkReason = 'functions run on this machine, whose network is its own'

/** Resource types that are left out on purpose, and why. */
export const ignoredTypes: Record<string, string> = {
  'AWS::CDK::Metadata': 'tells AWS which constructs were used',
  'AWS::CloudFront::Distribution': portalReason,
  'AWS::CloudFront::Function': portalReason,
  'AWS::CloudFront::OriginAccessControl': portalReason,
  'AWS::CloudFront::ResponseHeadersPolicy': portalReason,
  'AWS::CloudWatch::Alarm': 'no metrics here, so nothing to watch',
  'AWS::CloudWatch::CompositeAlarm': 'no metrics here, so nothing to watch',
  'AWS::CloudWatch::Dashboard': 'no metrics here, so nothing to show',
  'AWS::EC2::FlowLog': networkReason,
  'AWS::EC2::RouteTable': networkReason,
  'AWS::EC2::SecurityGroup': networkReason,
  'AWS::EC2::SecurityGroupEgress': networkReason,
  'AWS::EC2::SecurityGroupIngress': networkReason,
  'AWS::EC2::Subnet': networkReason,
  'AWS::EC2::SubnetRouteTableAssociation': networkReason,
  'AWS::EC2::VPC': networkReason,
  'AWS::EC2::VPCEndpoint': networkReason,
  'AWS::IAM::ManagedPolicy': "permissions are not enforced here; the CDK app's own tests hold them",
  'AWS::IAM::Policy': "permissions are not enforced here; the CDK app's own tests hold them",
  'AWS::IAM::Role': "permissions are not enforced here; the CDK app's own tests hold them",
  'AWS::KMS::Alias': 'nothing is encrypted here',
  'AWS::KMS::Key': 'nothing is encrypted here',
  'AWS::Lambda::Permission': 'permissions are not enforced here',
  'AWS::Logs::LogGroup': 'logs go to one file a function',
  'AWS::Logs::MetricFilter': 'no metrics here',
  'AWS::Logs::QueryDefinition': 'logs are plain files here',
  'AWS::Route53Resolver::FirewallDomainList': networkReason,
  'AWS::Route53Resolver::FirewallRuleGroup': networkReason,
  'AWS::Route53Resolver::FirewallRuleGroupAssociation': networkReason,
  'AWS::S3::BucketPolicy': 'permissions are not enforced here',
  'AWS::SNS::Subscription': 'only alarms notify, and there are none here',
  'AWS::SNS::Topic': 'only alarms notify, and there are none here',
  'AWS::SNS::TopicPolicy': 'permissions are not enforced here',
  'AWS::SQS::QueuePolicy': 'permissions are not enforced here',
}
