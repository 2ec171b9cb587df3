import { join } from 'node:path'
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Network } from './network.ts'
import { logRetention, reserve } from './parameters.ts'
import type { FunctionSettings } from './stage-settings.ts'

const repository = join(import.meta.dirname, '..', '..')

/**
 * One permission of one function: what it may do to which resources, and nothing else. A resource with a wildcard
 * needs cdk-nag's finding about it acknowledged with a reason.
 */
export type Grant = {
  readonly actions: string[]
  readonly resources: string[]
  /** Of a table: the partitions, as patterns with `*`, that all keys of a request must be in. Any when not given. */
  readonly partitions?: string[]
  readonly acknowledge?: { readonly id: string; readonly reason: string }
}

export type NodeFunctionProps = {
  /** The folder under functions/ whose handler.ts exports `handler`. */
  readonly folder: string
  readonly settings: FunctionSettings
  readonly environment: Record<string, string>
  readonly grants: Grant[]
  /** How many at once at most, and set aside for this function alone; as many as the account has without it. */
  readonly reservedConcurrency?: number
  /** Where it runs, if it can reach a dump. */
  readonly network?: Network
}

/** "All of its keys" is true of a request that names none, a scan for one: so some must be named. */
const within = (partitions: string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
  Null: { 'dynamodb:LeadingKeys': 'false' },
})

/** A Lambda with its own role, inline policy and log group. esbuild bundles it on this machine, SDK included. */
export class NodeFunction extends Construct {
  readonly fn: NodejsFunction

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id)
    const logGroup = new LogGroup(this, 'Logs', {
      retention: logRetention(this),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const grants: Grant[] = [
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
      ...props.grants,
    ]
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        grants: new PolicyDocument({
          statements: grants.map(
            ({ actions, resources, partitions }) =>
              new PolicyStatement({
                effect: Effect.ALLOW,
                actions,
                resources,
                conditions: partitions === undefined ? undefined : within(partitions),
              }),
          ),
        }),
      },
    })
    for (const { acknowledge } of props.grants) if (acknowledge) Validations.of(role).acknowledge(acknowledge)
    this.fn = new NodejsFunction(this, 'Function', {
      entry: join(repository, 'functions', props.folder, 'handler.ts'),
      projectRoot: repository,
      depsLockFilePath: join(repository, 'package-lock.json'),
      handler: 'handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.settings.memoryMb,
      timeout: Duration.seconds(props.settings.timeoutSeconds),
      role,
      reservedConcurrentExecutions: reserve(this, props.reservedConcurrency),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: props.folder,
        POWERTOOLS_METRICS_NAMESPACE: 'dumpline',
        ...props.environment,
      },
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        // The SDK is part of the bundle: what was tested is what runs, whatever the runtime brings along.
        externalModules: [],
        bundleAwsSDK: true,
        sourceMap: true,
        sourcesContent: false,
        // CommonJS packages inside an ES module bundle still call require().
        banner: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    })
    props.network?.place(this.fn, role)
  }
}
