import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { grantsOf, makeTemplate, resourcesOf } from './synthesise.ts'

const template = makeTemplate()
const idOf = (type: string, start: string): string => {
  const ids = Object.keys(resourcesOf(template, type)).filter((id) => new RegExp(`^${start}[0-9A-F]{8}$`).test(id))
  expect(ids, start).toHaveLength(1)
  return ids[0]
}
const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })
const bucket = arn(idOf('AWS::S3::Bucket', 'StorageDumps'))
const table = arn(idOf('AWS::DynamoDB::Table', 'StorageCases'))
const group = idOf('AWS::EC2::SecurityGroup', 'StorageNetworkFunctions')
const endpointGroup = idOf('AWS::EC2::SecurityGroup', 'StorageNetworkEndpoints')
const groupOf = (id: string) => ({ 'Fn::GetAtt': [id, 'GroupId'] })
const functions = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).map(({ Properties }) => ({
  folder: (Properties.Environment as { Variables: Record<string, string> }).Variables.POWERTOOLS_SERVICE_NAME,
  vpc: Properties.VpcConfig as { 'Fn::If': [string, { SubnetIds: unknown[]; SecurityGroupIds: unknown[] }, unknown] },
}))

describe('a function that can reach the bucket', () => {
  const reaching = functions.filter(({ folder }) => grantsOf(template, folder).some((grant) => /^s3:/.test(grant)))

  test('is any but the one that knows nothing, and those that tell the world', () => {
    const others = functions.filter((fn) => !reaching.includes(fn))
    expect(others.map(({ folder }) => folder).sort()).toEqual(['announce', 'token-claims', 'webhooks'])
    for (const { vpc } of others) expect(vpc).toBeUndefined()
  })

  test.each(reaching)('$folder runs in the isolated subnets', ({ vpc }) => {
    const [condition, placed, otherwise] = vpc['Fn::If']
    expect([condition, otherwise]).toEqual(['FunctionsAreIsolated', { Ref: 'AWS::NoValue' }])
    expect(placed).toEqual({
      SubnetIds: Object.keys(resourcesOf(template, 'AWS::EC2::Subnet')).map((Ref) => ({ Ref })),
      SecurityGroupIds: [groupOf(group)],
    })
  })
})

describe('the network', () => {
  test('is there unless somebody says no, and all of it or nothing', () => {
    template.hasParameter('Isolation', { Default: 'yes', AllowedValues: ['yes', 'no'] })
    const resources = template.toJSON().Resources as Record<string, { Condition?: string }>
    const own = Object.entries(resources).filter(([id]) => /^StorageNetwork(?!Interfaces)/.test(id))
    expect(own.length).toBeGreaterThan(20)
    for (const [id, { Condition }] of own) expect(Condition, id).toBe('FunctionsAreIsolated')
  })

  test('has no way out: no gateway to the internet, no address translation, no route, no peer', () => {
    const types = Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type)
    expect([...new Set(types.filter((type) => type.startsWith('AWS::EC2::')))].sort()).toEqual(
      [
        ...['FlowLog', 'RouteTable', 'SecurityGroup', 'SecurityGroupEgress', 'SecurityGroupIngress', 'Subnet'],
        ...['SubnetRouteTableAssociation', 'VPC', 'VPCEndpoint'],
      ].map((name) => `AWS::EC2::${name}`),
    )
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::EC2::Subnet')))
      expect(Properties.MapPublicIpOnLaunch).toBe(false)
  })

  test('lets functions connect to the endpoint of SQS and, by the prefix lists where they are given, to the gateways', () => {
    const tls = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }
    const list = (index: number) => ({
      DestinationPrefixListId: { 'Fn::Select': [index, { Ref: 'EndpointPrefixLists' }] },
    })
    expect(resourcesOf(template, 'AWS::EC2::SecurityGroup')[group].Properties.SecurityGroupEgress).toEqual([
      { 'Fn::If': ['PrefixListsAreGiven', { ...tls, ...list(0) }, { Ref: 'AWS::NoValue' }] },
      { 'Fn::If': ['PrefixListsAreGiven', { ...tls, ...list(1) }, { Ref: 'AWS::NoValue' }] },
      { 'Fn::If': ['PrefixListsAreGiven', { Ref: 'AWS::NoValue' }, { ...tls, CidrIp: '0.0.0.0/0' }] },
    ])
    const between = { ...tls, GroupId: groupOf(group), DestinationSecurityGroupId: groupOf(endpointGroup) }
    const egress = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupEgress'))
    expect(egress.map(({ Properties }) => Properties)).toEqual([expect.objectContaining(between)])
    const ingress = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'))
    expect(ingress.map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({ ...tls, GroupId: groupOf(endpointGroup), SourceSecurityGroupId: groupOf(group) }),
    ])
  })

  test('knows no names but those of the services', () => {
    const lists = resourcesOf(template, 'AWS::Route53Resolver::FirewallDomainList')
    const domains = (id: string): unknown =>
      lists[idOf('AWS::Route53Resolver::FirewallDomainList', id)].Properties.Domains
    expect(domains('StorageNetworkAllNames')).toEqual(['*'])
    expect(domains('StorageNetworkOwnNames')).toEqual(
      ['s3', '*.s3', 'dynamodb', '*.ddb', 'sqs'].map((name) => ({
        'Fn::Join': ['.', [name, { Ref: 'AWS::Region' }, { Ref: 'AWS::URLSuffix' }]],
      })),
    )
    const named = (start: string) => ({
      'Fn::GetAtt': [idOf('AWS::Route53Resolver::FirewallDomainList', `StorageNetwork${start}`), 'Id'],
    })
    template.hasResourceProperties('AWS::Route53Resolver::FirewallRuleGroup', {
      FirewallRules: [
        Match.objectLike({ Action: 'ALLOW', FirewallDomainListId: named('OwnNames'), Priority: 100 }),
        Match.objectLike({ Action: 'BLOCK', FirewallDomainListId: named('AllNames'), Priority: 200 }),
      ],
    })
    template.resourceCountIs('AWS::Route53Resolver::FirewallRuleGroupAssociation', 1)
  })
})

describe('an endpoint', () => {
  const policyOf = (service: string): { Action: string | string[]; Resource: unknown }[] => {
    const found = Object.values(resourcesOf(template, 'AWS::EC2::VPCEndpoint')).find(({ Properties }) =>
      JSON.stringify(Properties.ServiceName).endsWith(`.${service}"]]}`),
    )
    return (found!.Properties.PolicyDocument as { Statement: { Action: string; Resource: unknown; Effect: string }[] })
      .Statement
  }
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])
  const resources = (service: string) => policyOf(service).flatMap(({ Resource }) => list(Resource))

  test('of S3 leads to our bucket and to no other', () => {
    expect(resources('s3')).toEqual([{ 'Fn::Join': ['', [bucket, '/*']] }, bucket])
  })

  test('of DynamoDB leads to our table and to no other', () => {
    expect(resources('dynamodb')).toEqual([table, { 'Fn::Join': ['', [table, '/index/*']] }])
  })

  test('of SQS leads to our queues and to no other', () => {
    const ours = Object.keys(resourcesOf(template, 'AWS::SQS::Queue'))
    expect(resources('sqs')).toHaveLength(ours.length)
    expect(resources('sqs')).toEqual(expect.arrayContaining(ours.map(arn)))
  })

  test('lets through whatever a role inside allows, as the wall is not to be a surprise', () => {
    // Lambda itself receives and deletes messages for a function, from outside; operators do so with dead letters.
    const byLambda = /^sqs:(DeleteMessage|GetQueueUrl|ReceiveMessage) \w+Queue$/
    const granted = functions
      .flatMap(({ folder }) => grantsOf(template, folder))
      .filter((grant) => /^(s3|dynamodb|sqs):/.test(grant) && !byLambda.test(grant))
      .map((grant) => grant.split(' ')[0])
    const passed = ['s3', 'dynamodb', 'sqs'].flatMap(policyOf).flatMap(({ Action }) => list(Action))
    expect([...new Set(passed)].sort()).toEqual([...new Set(granted)].sort())
  })
})

test('a connection that led nowhere is counted', () => {
  template.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' })
  template.hasResourceProperties('AWS::Logs::MetricFilter', {
    FilterPattern: '[version, account, interface, source = "10.0.*", destination, ..., action = "REJECT", status]',
    MetricTransformations: [Match.objectLike({ MetricName: 'RejectedConnections', MetricNamespace: 'dumpline' })],
  })
})
