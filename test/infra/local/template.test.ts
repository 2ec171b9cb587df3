// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub
import { expect, test } from 'vitest'
import { evaluate } from '../../../infra/local/template/evaluate.ts'
import { planStack } from '../../../infra/local/template/plan.ts'
import { scopeOf } from '../../../infra/local/template/scope.ts'
import { Template } from '../../../infra/local/template/template.ts'
import { tinyFunction } from './support/stack.ts'

const origins = { http: 'http://127.0.0.1:1', sqs: 'http://127.0.0.1:2' }

const template = Template.parse({
  Parameters: { Stage: { Type: 'String', Default: 'prod' }, Open: { Type: 'String' } },
  Mappings: { Sizes: { prod: { memory: 512 } } },
  Conditions: {
    IsProduction: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
    IsOther: { 'Fn::Not': [{ Condition: 'IsProduction' }] },
    Either: { 'Fn::Or': [{ Condition: 'IsOther' }, { 'Fn::And': [{ Condition: 'IsProduction' }] }] },
  },
  Resources: {
    Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Sub': 'jobs-${Stage}' } } },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Role: { Type: 'AWS::IAM::Role' },
  },
})
const value = (expression: unknown) => evaluate(expression, scopeOf(template, origins, {}))

test.for([
  ['a parameter', { Ref: 'Stage' }, 'prod'],
  ['a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
  ['a queue', { Ref: 'Jobs' }, 'http://127.0.0.1:2/000000000000/jobs-prod'],
  ['a bucket', { Ref: 'Bucket' }, 'bucket'],
  ['an attribute', { 'Fn::GetAtt': ['Jobs', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:jobs-prod'],
  ['an attribute in text', { 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::bucket'],
  ['an ignored resource', { 'Fn::GetAtt': ['Role', 'Arn'] }, 'arn:aws:iam::000000000000:role/Role'],
  ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }, 'b']] }, 'a-000000000000-b'],
  ['Fn::Sub', { 'Fn::Sub': '${AWS::Partition}:${Bucket.Arn}:${!literal}' }, 'aws:arn:aws:s3:::bucket:${literal}'],
  ['Fn::Sub with variables', { 'Fn::Sub': ['${x}/${Stage}', { x: { Ref: 'Bucket' } }] }, 'bucket/prod'],
  ['Fn::Select and Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['.', 'a.b.c'] }] }, 'b'],
  ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, 512],
  ['Fn::If', { 'Fn::If': ['IsProduction', 'yes', { Ref: 'NoSuchThing' }] }, 'yes'],
  ['a combined condition', { 'Fn::If': ['Either', 1, 2] }, 1],
  [
    'AWS::NoValue',
    { a: { 'Fn::If': ['IsOther', 1, { Ref: 'AWS::NoValue' }] }, b: [{ Ref: 'AWS::NoValue' }, 2] },
    { b: [2] },
  ],
] as const)('%s is replaced by what it stands for', ([, expression, expected]) => {
  expect(value(expression)).toEqual(expected)
})

test.for([
  ['an unknown function', { 'Fn::ImportValue': 'x' }, 'Fn::ImportValue'],
  ['an unknown resource', { Ref: 'Nobody' }, 'Nobody'],
  ['an unknown attribute', { 'Fn::GetAtt': ['Jobs', 'Colour'] }, 'Colour'],
  ['a parameter without default', { Ref: 'Open' }, 'Open'],
] as const)('%s is an error that names it', ([, expression, name]) => {
  expect(() => value(expression)).toThrow(name)
})

const plan = (Resources: Record<string, unknown>, more: object = {}) => planStack({ Resources, ...more }, origins)

test('an unknown resource type stops the stack, named with its logical id', () => {
  const resources = { Flow: { Type: 'AWS::StepFunctions::StateMachine' } }
  expect(() => plan(resources)).toThrow(/AWS::StepFunctions::StateMachine of Flow/)
})

test('an unknown property of a known type stops the stack, named with its logical id', () => {
  const resources = { Jobs: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } }
  expect(() => plan(resources)).toThrow(/Jobs \(AWS::SQS::Queue\)[\s\S]*FifoQueue/)
})

test('a resource whose condition does not hold is not there', () => {
  const Conditions = { Never: { 'Fn::Equals': [1, 2] } }
  const resources = { Flow: { Type: 'AWS::StepFunctions::StateMachine', Condition: 'Never' } }
  expect(plan(resources, { Conditions }).functions).toEqual([])
})

test('references between resources are resolved, and one to nothing stops the stack', () => {
  const resources = {
    Dead: { Type: 'AWS::SQS::Queue' },
    Jobs: {
      Type: 'AWS::SQS::Queue',
      Properties: { RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: '3' } },
    },
    Worker: tinyFunction('echo'),
    Feed: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] }, FunctionName: { Ref: 'Worker' } },
    },
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'Api', ProtocolType: 'HTTP' } },
    Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'Api' }, StageName: '$default' } },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': ['Worker', 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: 'ANY /api/{proxy+}',
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
      },
    },
  }
  const planned = plan(resources)
  const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:Worker'
  expect(planned.mappings).toMatchObject([{ queueArn: 'arn:aws:sqs:us-east-1:000000000000:Jobs', functionArn }])
  expect(planned.routes).toEqual([
    { authorizer: null, routeKey: 'ANY /api/{proxy+}', functionArn, timeoutMillis: 30_000 },
  ])
  expect(planned.queues[1].properties.RedrivePolicy?.maxReceiveCount).toBe(3)

  const lost = { ...resources.Feed, Properties: { ...resources.Feed.Properties, FunctionName: 'nobody' } }
  expect(() => plan({ ...resources, Feed: lost })).toThrow(/Feed names the function nobody/)
})
