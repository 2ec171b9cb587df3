import { CfnOutput, RemovalPolicy, Validations } from 'aws-cdk-lib'
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { publicRoutes } from '../../shared/cases/public-routes.ts'
import type { Identity } from './identity.ts'
import { NodeFunction } from './node-function.ts'
import { logRetention, retentionPeriods } from './parameters.ts'
import type { Pipeline } from './pipeline.ts'
import type { Reprocessing } from './reprocessing.ts'
import { functionSettings } from './stage-settings.ts'
import { caseListIndex, dumpsPrefix, recordActions, resultsPrefix, type Storage, unpackedPrefix } from './storage.ts'

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
  ) {
    super(scope, id)
    const { bucket, table } = storage
    this.function = new NodeFunction(this, 'Api', {
      folder: 'api',
      network: storage.network,
      settings: functionSettings.api,
      environment: {
        TABLE_NAME: table.tableName,
        BUCKET_NAME: bucket.bucketName,
        REPROCESS_QUEUE_URL: reprocessing.queue.queue.queueUrl,
        ...pipeline.queueUrls(['header']),
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
        // Without it S3 answers "forbidden" instead of "not found" when the API looks for an object that is not there.
        { actions: ['s3:ListBucket'], resources: [bucket.bucketArn] },
        // A dump is analysed once more when somebody asks for it.
        ...pipeline.mayUse(['sqs:SendMessage'], ['header']),
        { actions: ['sqs:SendMessage'], resources: [reprocessing.queue.queue.queueArn] },
      ],
    })
    this.api = new HttpApi(this, 'Http', {
      createDefaultStage: false,
      defaultAuthorizer: identity.authorizer,
    })
    const integration = new HttpLambdaIntegration('Integration', this.function.fn)
    this.api.addRoutes({ path: '/api/{proxy+}', methods: [HttpMethod.ANY], integration })
    for (const key of publicRoutes) {
      const [method, path] = key.split(' ')
      const authorizer = new HttpNoneAuthorizer()
      for (const open of this.api.addRoutes({ path, methods: [method as HttpMethod], integration, authorizer }))
        Validations.of(open).acknowledge({
          id: 'AwsSolutions::AwsSolutions-APIG4',
          reason: 'What anybody may ask: it says nothing of any tenant, or the path itself holds a secret.',
        })
    }
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: logRetention(this),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 50, burstLimit: 100 },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog) },
    })
    new CfnOutput(this, 'Url', { value: this.api.apiEndpoint })
  }
}
