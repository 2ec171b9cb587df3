import { CfnOutput, RemovalPolicy, Validations } from 'aws-cdk-lib'
import {
  type CfnStage,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { publicRoutes } from '../../shared/cases/limits/public-routes.ts'
import type { QueueOwner } from '../../shared/cases/operations/queue-owner.ts'
import type { Announcements } from './announcements.ts'
import type { FedQueue } from './fed-queue.ts'
import type { Identity } from './identity.ts'
import { NodeFunction } from './node-function.ts'
import { logRetention, retentionPeriods } from './parameters.ts'
import type { Pipeline } from './pipeline.ts'
import type { Reprocessing } from './reprocessing.ts'
import { functionSettings } from './stage-settings.ts'
import {
  caseListIndex,
  dumpsPrefix,
  handedOutPrefix,
  recordActions,
  resultsPrefix,
  type Storage,
  unpackedPrefix,
} from './storage.ts'

/** Where those who are signed in ask for addresses to send parts of a dump to. */
const presignPath = '/api/cases/{caseId}/uploads/{uploadId}/parts'

/** The HTTP API: one function behind every path, described by its own `/api/openapi.json`. */
export class Api extends Construct {
  readonly api: HttpApi
  readonly function: NodeFunction

  constructor(
    scope: Construct,
    id: string,
    storage: Storage,
    pipeline: Pipeline,
    identity: Identity,
    reprocessing: Reprocessing,
    announcements: Announcements,
  ) {
    super(scope, id)
    const { bucket, table } = storage
    const others: [QueueOwner, FedQueue][] = [
      ['reprocess', reprocessing.queue],
      ['announce', announcements.queue],
      ['webhooks', announcements.webhookQueue],
    ]
    const fed = [...Object.values(pipeline.queues).flat(), ...others.map(([, queue]) => queue)]
    this.function = new NodeFunction(this, 'Api', {
      folder: 'api',
      network: storage.network,
      settings: functionSettings.api,
      environment: {
        TABLE_NAME: table.tableName,
        BUCKET_NAME: bucket.bucketName,
        REPROCESS_QUEUE_URL: reprocessing.queue.queue.queueUrl,
        // The queues' names are all that has length here: each is told once.
        WATCHED_QUEUES: [
          pipeline.queueNames(),
          ...others.map(([owner, { queue }]) => `${owner}=${queue.queueName}`),
        ].join(' '),
        ...identity.environment,
        ...retentionPeriods(this),
      },
      grants: [
        { actions: [...recordActions, 'dynamodb:BatchGetItem'], resources: [table.tableArn] },
        { actions: ['dynamodb:Query'], resources: [`${table.tableArn}/index/${caseListIndex}`] },
        // What it signs for the browser it must be allowed itself: parts of an upload, a look at the finished object, and
        // for those who may see raw memory the pinned version.
        storage.objects(
          dumpsPrefix,
          's3:PutObject',
          's3:GetObject',
          's3:GetObjectVersion',
          's3:AbortMultipartUpload',
          's3:ListMultipartUploadParts',
        ),
        storage.objects(unpackedPrefix, 's3:GetObjectVersion'),
        storage.objects(resultsPrefix, 's3:GetObject'),
        // Copies of what is too long to answer with: written, and fetched by addresses it signs.
        storage.objects(handedOutPrefix, 's3:PutObject', 's3:GetObject'),
        // Without it S3 answers "forbidden" instead of "not found" when the API looks for an object that is not there.
        { actions: ['s3:ListBucket'], resources: [bucket.bucketArn] },
        // A batch is worked on, a dump is analysed once more, a webhook is tried out, and dead letters go back to where they came from.
        { actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'], resources: fed.map(({ queue }) => queue.queueArn) },
        // What SQS asks of whoever has it move messages, or asks how far that is; receiving shows what they are.
        {
          actions: [
            'sqs:GetQueueAttributes',
            'sqs:ReceiveMessage',
            'sqs:DeleteMessage',
            'sqs:StartMessageMoveTask',
            'sqs:ListMessageMoveTasks',
          ],
          resources: [...new Set(fed.map(({ deadLetters }) => deadLetters.queueArn))],
        },
      ],
    })
    this.api = new HttpApi(this, 'Http', {
      createDefaultStage: false,
      defaultAuthorizer: identity.authorizer,
    })
    const integration = new HttpLambdaIntegration('Integration', this.function.fn)
    this.api.addRoutes({ path: '/api/{proxy+}', methods: [HttpMethod.ANY], integration })
    const presign = this.api.addRoutes({ path: presignPath, methods: [HttpMethod.POST], integration })
    const opened = publicRoutes.flatMap(({ key }) => {
      const [method, path] = key.split(' ')
      const authorizer = new HttpNoneAuthorizer()
      const added = this.api.addRoutes({ path, methods: [method as HttpMethod], integration, authorizer })
      for (const open of added)
        Validations.of(open).acknowledge({
          id: 'AwsSolutions::AwsSolutions-APIG4',
          reason: 'What anybody may ask: it says nothing of any tenant, or the path itself holds a secret.',
        })
      return added
    })
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: logRetention(this),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 50, burstLimit: 100 },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog) },
    })
    // A throttle for each of these alone: the construct has no property for it, and refuses routes it does not know yet.
    stage.node.addDependency(...opened, ...presign)
    const { defaultChild } = stage.node
    ;(defaultChild as CfnStage).routeSettings = Object.fromEntries(
      [...publicRoutes, { key: `POST ${presignPath}`, perSecond: 25, burst: 50 }].map(({ key, perSecond, burst }) => [
        key,
        { ThrottlingRateLimit: perSecond, ThrottlingBurstLimit: burst },
      ]),
    )
    new CfnOutput(this, 'Url', { value: this.api.apiEndpoint })
  }
}
