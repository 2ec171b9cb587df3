import { z } from 'zod'
import type { JwtSettings } from '../http/jwt-authorizer.ts'
import { evaluate } from './evaluate.ts'
import { ignoredTypes, type RunType, schemas } from './resources.ts'
import { type Origins, type Parameters, scopeOf } from './scope.ts'
import { Template, TemplateError } from './template.ts'

type Properties<Type extends RunType> = z.infer<(typeof schemas)[Type]>
type Named<Type extends RunType> = {
  readonly logicalId: string
  readonly name: string
  readonly arn: string
  readonly properties: Properties<Type>
}

export type BucketPlan = Named<'AWS::S3::Bucket'>
export type QueuePlan = Named<'AWS::SQS::Queue'>
export type TablePlan = Named<'AWS::DynamoDB::Table'>
export type FunctionPlan = Named<'AWS::Lambda::Function'>

/** Messages of `queueArn` go to `functionArn`. */
export type MappingPlan = {
  readonly logicalId: string
  readonly queueArn: string
  readonly functionArn: string
  readonly properties: Properties<'AWS::Lambda::EventSourceMapping'>
}

/** `routeKey` as in the template, e.g. `GET /api/cases/{id}` or `$default`. */
export type RoutePlan = {
  readonly routeKey: string
  readonly functionArn: string
  readonly timeoutMillis: number
  /** Whose tokens let a request in; null where anybody may come. */
  readonly authorizer: JwtSettings | null
}

/** Each function of `functionArns` is invoked as often as `expression` says. */
export type SchedulePlan = {
  readonly logicalId: string
  readonly expression: string
  readonly functionArns: readonly string[]
}

/** Everything of a template that runs here, with every reference resolved. */
export type StackPlan = {
  readonly buckets: BucketPlan[]
  readonly queues: QueuePlan[]
  readonly tables: TablePlan[]
  readonly functions: FunctionPlan[]
  readonly mappings: MappingPlan[]
  readonly routes: RoutePlan[]
  readonly schedules: SchedulePlan[]
  /** Names of event buses. */
  readonly buses: string[]
}

/**
 * Reads a synthesised template. Throws a `TemplateError` that names the resource for a type or a property the local
 * stack does not know, and for a reference to nothing.
 */
export const planStack = (source: unknown, origins: Origins, parameters: Parameters = {}): StackPlan => {
  const template = Template.parse(source)
  const scope = scopeOf(template, origins, parameters)
  const present = Object.entries(template.Resources).filter(
    ([, resource]) => resource.Condition === undefined || scope.condition(resource.Condition),
  )
  for (const [id, { Type }] of present)
    if (!Object.hasOwn(schemas, Type) && !Object.hasOwn(ignoredTypes, Type))
      throw new TemplateError(
        `The local stack does not know the resource type ${Type} of ${id}. Teach it to run the type, or state in infra/local/template/resources.ts why it can be left out.`,
      )

  const all = <Type extends RunType>(type: Type): Named<Type>[] =>
    present
      .filter(([, resource]) => resource.Type === type)
      .map(([logicalId, resource]) => ({
        logicalId,
        name: scope.ref(logicalId) as string,
        arn: namesArn.has(type) ? (scope.attribute(logicalId, 'Arn') as string) : '',
        properties: check(logicalId, type, evaluate(resource.Properties, scope)),
      }))

  const queues = all('AWS::SQS::Queue').map((queue) => ({
    ...queue,
    name: scope.attribute(queue.logicalId, 'QueueName') as string,
  }))
  const functions = all('AWS::Lambda::Function')
  const functionArn = (wantedBy: string, reference: string): string => {
    const found = functions.find(({ name, arn }) => reference === name || reference === arn || inUri(reference, arn))
    if (found !== undefined) return found.arn
    throw new TemplateError(`${wantedBy} names the function ${reference}, which is not in the template.`)
  }
  const queueArn = (wantedBy: string, arn: string): string => {
    if (queues.some((queue) => queue.arn === arn)) return arn
    throw new TemplateError(`${wantedBy} names the queue ${arn}, which is not in the template.`)
  }
  const buckets = all('AWS::S3::Bucket')
  for (const { logicalId, properties } of buckets)
    for (const { Queue } of properties.NotificationConfiguration?.QueueConfigurations ?? []) queueArn(logicalId, Queue)
  for (const { logicalId, properties } of queues)
    if (properties.RedrivePolicy) queueArn(logicalId, properties.RedrivePolicy.deadLetterTargetArn)

  const apis = all('AWS::ApiGatewayV2::Api')
  if (apis.length > 1) throw new TemplateError('The local stack serves one HTTP API, and the template has more.')
  for (const api of apis)
    if (!all('AWS::ApiGatewayV2::Stage').some(({ properties }) => properties.ApiId === api.name))
      throw new TemplateError(`The HTTP API ${api.logicalId} has no stage, so it would answer nothing.`)

  const authorizers = all('AWS::ApiGatewayV2::Authorizer')
  const jwtSettings = (route: string, authorizerId = ''): JwtSettings => {
    const found = authorizers.find(({ name }) => name === authorizerId)
    if (found === undefined)
      throw new TemplateError(`The route ${route} names the authorizer ${authorizerId}, which is not in the template.`)
    const { Issuer, Audience } = found.properties.JwtConfiguration
    return { issuer: Issuer, audience: Audience }
  }

  return {
    buckets,
    queues,
    buses: all('AWS::Events::EventBus').map(({ name }) => name),
    tables: all('AWS::DynamoDB::Table'),
    functions,
    mappings: all('AWS::Lambda::EventSourceMapping').map(({ logicalId, properties }) => ({
      logicalId,
      queueArn: queueArn(logicalId, properties.EventSourceArn),
      functionArn: functionArn(logicalId, properties.FunctionName),
      properties,
    })),
    schedules: all('AWS::Events::Rule')
      .filter(({ properties }) => properties.State === 'ENABLED')
      .map(({ logicalId, properties }) => ({
        logicalId,
        expression: properties.ScheduleExpression,
        functionArns: properties.Targets.map(({ Arn }) => functionArn(logicalId, Arn)),
      })),
    routes: all('AWS::ApiGatewayV2::Route').map(({ logicalId, properties }) => {
      const target = properties.Target.replace(/^integrations\//, '')
      const integration = all('AWS::ApiGatewayV2::Integration').find(({ name }) => name === target)
      if (integration === undefined)
        throw new TemplateError(`The route ${logicalId} names the integration ${target}, which is not in the template.`)
      return {
        routeKey: properties.RouteKey,
        functionArn: functionArn(integration.logicalId, integration.properties.IntegrationUri),
        timeoutMillis: integration.properties.TimeoutInMillis,
        authorizer: properties.AuthorizationType === 'NONE' ? null : jwtSettings(logicalId, properties.AuthorizerId),
      }
    }),
  }
}

const namesArn = new Set<RunType>([
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::DynamoDB::Table',
  'AWS::Lambda::Function',
])

/** `arn:aws:apigateway:…:lambda:path/2015-03-31/functions/<function's ARN>/invocations` */
const inUri = (uri: string, arn: string): boolean => uri.endsWith(`/functions/${arn}/invocations`)

const check = <Type extends RunType>(logicalId: string, type: Type, properties: unknown): Properties<Type> => {
  const result = schemas[type].safeParse(properties)
  if (result.success) return result.data as Properties<Type>
  throw new TemplateError(
    `The local stack cannot run ${logicalId} (${type}) as the template describes it.\n${z.prettifyError(result.error)}`,
  )
}
