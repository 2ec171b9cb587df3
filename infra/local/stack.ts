import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Role } from '../../shared/cases/permissions.ts'
import { startDynamo } from './dynamodb/server.ts'
import { ensureTable } from './dynamodb/tables.ts'
import { type Credentials, credentialsOf } from './endpoints/credentials.ts'
import { openDatabase } from './endpoints/database.ts'
import { type Loopback, listenOnLoopback } from './endpoints/loopback.ts'
import { eventsServer } from './events/server.ts'
import { jwtAuthorizer } from './http/jwt-authorizer.ts'
import { portalServer } from './http/portal.ts'
import { httpServer } from './http/server.ts'
import type { Machine } from './identity/machine.ts'
import { machineId } from './identity/people.ts'
import { audience, portalClientId, serveIdentity } from './identity/provider.ts'
import { identitySecretsOf } from './identity/secrets.ts'
import type { FunctionSettings } from './lambda/child.ts'
import { startEventSource } from './lambda/event-source.ts'
import { createFunction, type LambdaFunction } from './lambda/function.ts'
import type { FunctionError } from './lambda/runtime-api.ts'
import { rateMilliseconds, startSchedule } from './lambda/schedule.ts'
import { blobsIn } from './s3/blobs.ts'
import { createdEvent, wants } from './s3/events.ts'
import { openObjects } from './s3/objects.ts'
import { s3Server } from './s3/server.ts'
import { openUploads } from './s3/uploads.ts'
import { openQueues } from './sqs/queues.ts'
import { sqsServer } from './sqs/server.ts'
import { type FunctionPlan, planStack } from './template/plan.ts'
import { bucketSettings, queueSettings } from './template/settings.ts'
import { region, TemplateError } from './template/template.ts'

export type StackOptions = {
  /** A synthesised CloudFormation template, parsed. */
  readonly template: unknown
  /** The folder on disk behind each key of the asset bucket. */
  readonly assets: Readonly<Record<string, string>>
  /** Everything that lasts is in this folder. */
  readonly dataDir: string
  /** The portal's static build. */
  readonly portalDir: string
  /** Of the HTTP API and the portal; S3 and the identity provider take the next two. 0 takes any free ones. */
  readonly port: number
  /** Told, in a sentence, what went wrong while nobody was waiting for an answer. */
  readonly onProblem?: (sentence: string) => void
}

export type LocalStack = {
  readonly origins: {
    readonly http: string
    readonly s3: string
    readonly sqs: string
    readonly dynamodb: string
    readonly events: string
    readonly identity: string
  }
  /** How a machine signs in as somebody of this role; automation of the first tenant without more said. */
  readonly machine: (role: Role, tenant?: string) => Machine
  readonly credentials: Credentials
  readonly buckets: readonly string[]
  /** Functions by their logical ids. */
  readonly functions: ReadonlyMap<string, LambdaFunction>
  /** The dead-letter queues that hold something, and how many messages. */
  readonly deadLetters: () => { readonly queue: string; readonly messages: number }[]
  readonly stop: () => Promise<void>
}

/**
 * Runs a template on this machine. Everything it starts listens on 127.0.0.1 alone and ends with `stop`. A start on the
 * same data folder finds what the last one left, however that ended.
 */
export const startLocalStack = async (options: StackOptions): Promise<LocalStack> => {
  const dataDir = resolve(options.dataDir)
  const logs = join(dataDir, 'logs')
  for (const folder of [dataDir, logs, join(dataDir, 'tmp')]) await mkdir(folder, { recursive: true, mode: 0o700 })
  const onProblem = options.onProblem ?? (() => {})
  const started: (() => unknown)[] = []
  const stop = async (): Promise<void> => {
    for (let end = started.pop(); end !== undefined; end = started.pop()) await end()
  }
  const listening = async (loopback: Promise<Loopback>): Promise<Loopback> => {
    const { close } = await loopback
    started.push(close)
    return loopback
  }

  try {
    const db = openDatabase(dataDir)
    started.push(() => db.close())
    const credentials = await credentialsOf(dataDir)
    const dynamo = await listening(startDynamo(join(dataDir, 'dynamodb'), credentials))
    const http = await listening(listenOnLoopback(options.port))
    const s3 = await listening(listenOnLoopback(options.port === 0 ? 0 : options.port + 1))
    const sqs = await listening(listenOnLoopback(0))
    const events = await listening(listenOnLoopback(0))
    const identity = await listening(listenOnLoopback(options.port === 0 ? 0 : options.port + 2))
    const origins = {
      http: http.origin,
      s3: s3.origin,
      sqs: sqs.origin,
      dynamodb: dynamo.origin,
      events: events.origin,
      identity: identity.origin,
    }
    const secrets = await identitySecretsOf(dataDir)
    serveIdentity(identity, { secrets, portalOrigins: [http.origin, `http://localhost:${http.port}`] })
    const plan = planStack(options.template, origins, identityParameters(origins))

    const client = new DynamoDBClient({ region, credentials, endpoint: dynamo.origin })
    for (const table of plan.tables) await ensureTable(client, table)
    client.destroy()

    const queueList = plan.queues.map((queue) => queueSettings(queue, plan.queues))
    const queues = openQueues(db, queueList, Date.now)
    sqs.serve(sqsServer(queues, sqs.origin, credentials))

    events.serve(eventsServer(plan.buses, join(dataDir, 'events.jsonl'), credentials))

    const buckets = new Map(plan.buckets.map((bucket) => [bucket.name, bucketSettings(bucket)]))
    const blobs = await blobsIn(join(dataDir, 's3'))
    const objects = openObjects(
      db,
      (bucket) => buckets.get(bucket)?.isVersioned ?? false,
      (created) => {
        for (const notification of buckets.get(created.bucket)?.notifications ?? [])
          if (wants(notification, created))
            queues.send(queues.nameOf(notification.Queue), { body: JSON.stringify(createdEvent(created)) })
      },
      Date.now,
    )
    const uploads = openUploads(db, objects, Date.now)
    await blobs.sweep((id) => objects.usesBlob(id) || uploads.usesBlob(id))
    const corsRules = new Map([...buckets].map(([name, { cors }]) => [name, cors]))
    s3.serve(s3Server({ objects, uploads, blobs, credentials, buckets: corsRules }))

    const environment = endpointEnvironment(origins, credentials, dataDir)
    const functions = new Map(
      plan.functions.map((lambda) => {
        const settings = functionSettings(lambda, options.assets, environment, logs)
        const most = Math.max(2, availableParallelism())
        const reserved = lambda.properties.ReservedConcurrentExecutions ?? most
        return [lambda.arn, createFunction(settings, Math.min(reserved, most))] as const
      }),
    )
    const reportFailure = (name: string, { errorType, errorMessage }: FunctionError): void =>
      onProblem(`The function ${name} failed: ${errorType}: ${errorMessage} (log: ${join(logs, `${name}.log`)})`)

    const sources = plan.mappings
      .filter(({ properties }) => properties.Enabled)
      .map(({ queueArn, functionArn, properties }) => {
        const target = functions.get(functionArn)!
        const settings = {
          queue: queueList.find(({ arn }) => arn === queueArn)!,
          batchSize: properties.BatchSize,
          batchingWindow: properties.MaximumBatchingWindowInSeconds,
          reportsItemFailures: properties.FunctionResponseTypes.includes('ReportBatchItemFailures'),
          concurrency: Math.min(
            properties.ScalingConfig?.MaximumConcurrency ?? 1000,
            Math.max(2, availableParallelism()),
          ),
        }
        return startEventSource(settings, queues, target, (error) => reportFailure(target.name, error))
      })
    const schedules = plan.schedules.map(({ logicalId, expression, functionArns }) =>
      startSchedule(
        logicalId,
        rateMilliseconds(expression),
        functionArns.map((arn) => functions.get(arn)!),
        reportFailure,
      ),
    )
    started.push(async () => {
      for (const schedule of schedules) schedule.stop()
      const ends = [...sources, ...functions.values()].map((part) => part.stop())
      await Promise.all(ends)
    })

    http.serve(
      httpServer({
        routes: plan.routes.map((route) => ({
          ...route,
          function: functions.get(route.functionArn)!,
          authorize: route.authorizer && jwtAuthorizer(route.authorizer),
        })),
        portal: portalServer(resolve(options.portalDir), s3.origin, identity.origin),
        onFailure: reportFailure,
      }),
    )

    const deadLetterQueues = new Set(queueList.flatMap(({ redrive }) => (redrive === null ? [] : [redrive.to])))
    return {
      origins,
      credentials,
      buckets: [...corsRules.keys()],
      machine: (role, tenant = 'default') => ({
        issuer: identity.origin,
        clientId: machineId({ tenant, role }),
        clientSecret: secrets.machineSecret,
      }),
      functions: new Map(plan.functions.map(({ logicalId, arn }) => [logicalId, functions.get(arn)!])),
      deadLetters: () =>
        [...deadLetterQueues]
          .map((queue) => ({ queue, messages: queues.count(queue).visible }))
          .filter(({ messages }) => messages > 0),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** This stack is a deployment with an identity provider of its own, as anybody's may be (infra/aws/identity.ts). */
const identityParameters = ({ http, identity }: LocalStack['origins']): Record<string, string> => ({
  OidcIssuer: identity,
  OidcClientId: portalClientId,
  OidcAudience: audience,
  PortalUrl: http,
})

const functionSettings = (
  { name, arn, properties }: FunctionPlan,
  assets: StackOptions['assets'],
  environment: Record<string, string>,
  logs: string,
): FunctionSettings => {
  const code = assets[properties.Code.S3Key]
  if (code === undefined)
    throw new TemplateError(`The code of the function ${name} (${properties.Code.S3Key}) is not among the assets.`)
  return {
    name,
    arn,
    handler: properties.Handler,
    code: resolve(code),
    memoryMegabytes: properties.MemorySize,
    timeoutSeconds: properties.Timeout,
    environment: { ...properties.Environment?.Variables, ...environment },
    logFile: join(logs, `${name}.log`),
  }
}

/**
 * What makes the AWS SDK of a function talk to this stack and to nothing else: a service without an endpoint here gets
 * one where nothing listens (port 9, discard), and no configuration of the person's own is read.
 */
const endpointEnvironment = (
  origins: LocalStack['origins'],
  credentials: Credentials,
  dataDir: string,
): Record<string, string> => ({
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_CONFIG_FILE: join(dataDir, 'no-aws-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(dataDir, 'no-aws-credentials'),
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ENDPOINT_URL_DYNAMODB: origins.dynamodb,
  AWS_ENDPOINT_URL_EVENTBRIDGE: origins.events,
  AWS_ENDPOINT_URL_S3: origins.s3,
  AWS_ENDPOINT_URL_SQS: origins.sqs,
  // Receivers of webhooks may be on this machine, and without a certificate then.
  WEBHOOKS_TO_LOOPBACK: 'yes',
  HOME: join(dataDir, 'tmp'),
  NODE_COMPILE_CACHE: join(dataDir, 'compile-cache'),
  TMPDIR: join(dataDir, 'tmp'),
})
