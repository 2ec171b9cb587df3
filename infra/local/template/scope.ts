import { evaluate, noValue, type Scope } from './evaluate.ts'
import { account, type Resource, region, type Template, TemplateError } from './template.ts'

/** Where the stack's own servers listen; resource attributes that are addresses are made from these. */
export type Origins = { readonly http: string; readonly sqs: string }

const pseudoParameters: Record<string, unknown> = {
  'AWS::AccountId': account,
  'AWS::NoValue': noValue,
  'AWS::Partition': 'aws',
  'AWS::Region': region,
  'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/local/local`,
  'AWS::StackName': 'local',
  'AWS::URLSuffix': 'amazonaws.com',
}

/** What a deployment gives for the template's parameters; the rest have their defaults. A list is one text with commas. */
export type Parameters = Readonly<Record<string, string>>

/** Parameters that stand for a value of the SSM parameter store have the value's path as default; none is used here. */
export const scopeOf = (template: Template, origins: Origins, parameters: Parameters): Scope => {
  const evaluating = new Set<string>()
  const resource = (logicalId: string, wantedBy: string): Resource => {
    const found = template.Resources[logicalId]
    if (found === undefined) throw new TemplateError(`${wantedBy} names ${logicalId}, which is not in the template.`)
    return found
  }
  /** The given name, or the logical id, which stays the same from one start to the next. */
  const name = (logicalId: string, property: string): string => {
    const given = template.Resources[logicalId].Properties[property]
    if (given === undefined) return logicalId
    if (evaluating.has(logicalId)) throw new TemplateError(`The name of ${logicalId} refers to itself.`)
    evaluating.add(logicalId)
    try {
      return String(evaluate(given, scope))
    } finally {
      evaluating.delete(logicalId)
    }
  }
  const scope: Scope = {
    ref: (id) => {
      if (Object.hasOwn(pseudoParameters, id)) return pseudoParameters[id]
      const parameter = template.Parameters[id]
      if (parameter !== undefined) {
        const value = parameters[id] ?? parameter.Default
        if (value === undefined) throw new TemplateError(`The parameter ${id} has no default and is not given.`)
        return parameter.Type === 'CommaDelimitedList' ? String(value).split(',') : value
      }
      return attributesOf(id, resource(id, 'Ref'), name, origins).Ref
    },
    attribute: (id, attribute) => {
      const found = resource(id, 'Fn::GetAtt')
      const value = attributesOf(id, found, name, origins)[attribute]
      if (value !== undefined) return value
      throw new TemplateError(`The local stack does not know the attribute ${attribute} of ${id} (${found.Type}).`)
    },
    condition: (id) => {
      if (!Object.hasOwn(template.Conditions, id)) throw new TemplateError(`The template has no condition ${id}.`)
      return evaluate(template.Conditions[id], scope) === true
    },
    mapping: (map, key, inner) => {
      const value = template.Mappings[map]?.[key]?.[inner]
      if (value === undefined) throw new TemplateError(`The template maps nothing to ${map}.${key}.${inner}.`)
      return value
    },
  }
  return scope
}

type Attributes = { readonly Ref: string } & Record<string, string>

/** What `Ref` and `Fn::GetAtt` give for a resource ("Return values" of its page in the template reference). */
const attributesOf = (
  id: string,
  resource: Resource,
  name: (logicalId: string, property: string) => string,
  origins: Origins,
): Attributes => {
  const arn = (service: string, path: string, place = `${region}:${account}`) => `arn:aws:${service}:${place}:${path}`
  switch (resource.Type) {
    case 'AWS::S3::Bucket': {
      const bucket = name(id, 'BucketName').toLowerCase()
      const domain = `${bucket}.s3.${region}.amazonaws.com`
      return { Ref: bucket, Arn: arn('s3', bucket, ':'), DomainName: domain, RegionalDomainName: domain }
    }
    case 'AWS::SQS::Queue': {
      const queue = name(id, 'QueueName')
      const url = `${origins.sqs}/${account}/${queue}`
      return { Ref: url, QueueUrl: url, QueueName: queue, Arn: arn('sqs', queue) }
    }
    case 'AWS::DynamoDB::Table': {
      const table = name(id, 'TableName')
      return { Ref: table, Arn: arn('dynamodb', `table/${table}`) }
    }
    case 'AWS::Lambda::Function': {
      const functionName = name(id, 'FunctionName')
      return { Ref: functionName, Arn: arn('lambda', `function:${functionName}`) }
    }
    case 'AWS::Events::EventBus': {
      const bus = name(id, 'Name')
      return { Ref: bus, Name: bus, Arn: arn('events', `event-bus/${bus}`) }
    }
    case 'AWS::ApiGatewayV2::Api':
      return { Ref: id, ApiId: id, ApiEndpoint: origins.http }
    case 'AWS::IAM::Role':
      return { Ref: id, Arn: arn('iam', `role/${id}`, `:${account}`), RoleId: id }
    case 'AWS::Logs::LogGroup': {
      const group = name(id, 'LogGroupName')
      return { Ref: group, Arn: arn('logs', `log-group:${group}:*`) }
    }
    case 'AWS::EC2::SecurityGroup':
      return { Ref: id, GroupId: id }
    default:
      return { Ref: id, Arn: arn('local', id) }
  }
}
