import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  HttpMethods,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { uploadLifeDays } from '../../shared/cases/patience.ts'
import { Network } from './network.ts'
import type { Grant } from './node-function.ts'

/**
 * Uploads lie under `dumps/`, what was unpacked from them under `unpacked/`, what the stages write under `results/`, and
 * under `handed-out/` copies of the longest answers, for a minute each (shared/cases/object-keys.ts).
 */
export const dumpsPrefix = 'dumps/'
export const unpackedPrefix = 'unpacked/'
export const resultsPrefix = 'results/'
export const handedOutPrefix = 'handed-out/'

/** The index that lists a tenant's cases newest first (shared/cases/item-keys.ts). */
export const caseListIndex = 'case-list'

/**
 * What a function needs that changes cases: besides reading and writing records, keeping the entries of the search index
 * and counting groups (shared/cases/search/indexed-cases.ts).
 */
export const recordActions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Query']

/** The sparse index of what the sweep has to look at, by when (shared/cases/item-keys.ts). */
export const dueIndex = 'due'

/** What dumpline keeps: dumps and results in one bucket, records in one table. Both outlive the stack. */
export class Storage extends Construct {
  readonly bucket: Bucket
  readonly table: Table
  /** Where functions run that may reach it. */
  readonly network: Network

  constructor(scope: Construct, id: string) {
    super(scope, id)
    const locked = {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    }
    // A dump holds secrets: who read it must be on record. The log bucket itself is read by operators alone.
    const accessLogs = new Bucket(this, 'AccessLogs', {
      ...locked,
      lifecycleRules: [{ expiration: Duration.days(400) }],
    })
    this.bucket = new Bucket(this, 'Dumps', {
      ...locked,
      versioned: true,
      serverAccessLogsBucket: accessLogs,
      // Browsers PUT parts to presigned URLs and need each part's ETag; results too large for the API are fetched by GET.
      // Any origin: the portal's is not known here, and without a signature none gets anything.
      cors: [
        {
          allowedMethods: [HttpMethods.PUT, HttpMethods.GET],
          allowedOrigins: ['*'],
          allowedHeaders: ['*'],
          exposedHeaders: ['ETag'],
          maxAge: 3600,
        },
      ],
      // None expires dumps or results: a rule knows of no hold and of no open case (infra/aws/retention.ts does).
      lifecycleRules: [
        { id: 'drop-abandoned-uploads', abortIncompleteMultipartUploadAfter: Duration.days(uploadLifeDays + 1) },
        { id: 'drop-old-versions', noncurrentVersionExpiration: Duration.days(30) },
        {
          id: 'drop-handed-out-copies',
          prefix: handedOutPrefix,
          expiration: Duration.days(1),
          noncurrentVersionExpiration: Duration.days(1),
        },
      ],
    })
    this.table = new Table(this, 'Cases', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    })
    this.table.addGlobalSecondaryIndex({
      indexName: caseListIndex,
      partitionKey: { name: 'listPk', type: AttributeType.STRING },
      sortKey: { name: 'listSk', type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    })
    this.table.addGlobalSecondaryIndex({
      indexName: dueIndex,
      partitionKey: { name: 'duePk', type: AttributeType.STRING },
      sortKey: { name: 'dueSk', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    })
    this.network = new Network(this, 'Network', this.bucket, this.table)
  }

  /** Lets a function do something to every object under a prefix. */
  objects(prefix: string, ...actions: string[]): Grant {
    const bucketId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket)
    return {
      actions,
      resources: [this.bucket.arnForObjects(`${prefix}*`)],
      acknowledge: {
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${prefix}*]`,
        reason: `Every dump has its own key under ${prefix}; the wildcard spans these keys, not the bucket.`,
      },
    }
  }

  /**
   * Has S3 report finished uploads to a queue. This is the bucket's own property rather than the L2 helper, which would
   * deploy a custom resource with a Lambda of its own. The caller must have allowed S3 to send to the queue before.
   */
  notify(queueArn: string, after: Construct): void {
    const bucket = this.bucket.node.defaultChild as CfnBucket
    bucket.notificationConfiguration = {
      queueConfigurations: [
        {
          event: 's3:ObjectCreated:*',
          queue: queueArn,
          filter: { s3Key: { rules: [{ name: 'prefix', value: dumpsPrefix }] } },
        },
      ],
    }
    bucket.node.addDependency(after)
  }
}
