import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets'
import { Construct } from 'constructs'
import { NodeFunction } from './node-function.ts'
import { retentionPeriods } from './parameters.ts'
import { functionSettings, retentionEveryHours } from './stage-settings.ts'
import { dueIndex, dumpsPrefix, recordActions, resultsPrefix, type Storage, unpackedPrefix } from './storage.ts'

/** Announces and deletes what need not be kept any longer. Nothing else in the stack may delete a dump. */
export class Retention extends Construct {
  readonly function: NodeFunction

  constructor(scope: Construct, id: string, storage: Storage) {
    super(scope, id)
    const { table, bucket } = storage
    this.function = new NodeFunction(this, 'Retention', {
      folder: 'retention',
      network: storage.network,
      settings: functionSettings.retention,
      // It never overlaps itself.
      reservedConcurrency: 1,
      environment: { TABLE_NAME: table.tableName, BUCKET_NAME: bucket.bucketName, ...retentionPeriods(this) },
      grants: [
        { actions: recordActions, resources: [table.tableArn] },
        { actions: ['dynamodb:Query'], resources: [`${table.tableArn}/index/${dueIndex}`] },
        storage.objects(dumpsPrefix, 's3:DeleteObjectVersion', 's3:DeleteObject'),
        storage.objects(unpackedPrefix, 's3:DeleteObjectVersion', 's3:DeleteObject'),
        storage.objects(resultsPrefix, 's3:DeleteObject'),
        { actions: ['s3:ListBucket'], resources: [bucket.bucketArn] },
      ],
    })
    new Rule(this, 'Schedule', {
      description: 'Announces and deletes dumps and results whose time is over.',
      schedule: Schedule.rate(Duration.hours(retentionEveryHours)),
      // What one run does not do the next one does.
      targets: [new LambdaTarget(this.function.fn, { retryAttempts: 0 })],
    })
  }
}
