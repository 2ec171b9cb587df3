import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { Announcements } from './announcements.ts'
import { Api } from './api.ts'
import { Identity } from './identity.ts'
import { Observability } from './observability.ts'
import { Pipeline } from './pipeline.ts'
import { Portal } from './portal.ts'
import { Reprocessing } from './reprocessing.ts'
import { Retention } from './retention.ts'
import { Storage } from './storage.ts'

/** CDK's behaviour where its default is kept for old projects. Set here so that every way to synthesise agrees. */
const featureFlags = {
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-s3:createDefaultLoggingPolicy': true,
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/aws-s3:publicAccessBlockedByDefault': true,
  '@aws-cdk/aws-lambda:useCdkManagedLogGroup': true,
  '@aws-cdk/aws-apigateway:logGroupDestinationArnWithoutWildcard': true,
}

/** The whole of dumpline in one stack. infra/local runs the very template this makes. */
export class DumplineStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props)
    for (const [flag, value] of Object.entries(featureFlags)) this.node.setContext(flag, value)
    const storage = new Storage(this, 'Storage')
    const announcements = new Announcements(this, 'Announcements', storage)
    const pipeline = new Pipeline(this, 'Pipeline', storage, announcements)
    const reprocessing = new Reprocessing(this, 'Reprocessing', storage, pipeline)
    const fed = [...Object.values(pipeline.queues).flat(), reprocessing.queue, ...announcements.queues]
    storage.network.allow(
      fed.map(({ queue }) => queue),
      [...new Set(fed.map(({ deadLetters }) => deadLetters))],
    )
    const retention = new Retention(this, 'Retention', storage)
    const identity = new Identity(this, 'Identity')
    const api = new Api(this, 'Api', storage, pipeline, identity, reprocessing, announcements)
    new Portal(this, 'Portal', storage, api, identity)
    const { people } = identity
    new Observability(this, 'Observability', {
      storage,
      pipeline,
      reprocessing,
      retention,
      announcements,
      api,
      people,
    })
  }
}
