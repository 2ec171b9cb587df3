import {
  Aws,
  CfnCondition,
  CfnParameter,
  CfnResource,
  Duration,
  Fn,
  RemovalPolicy,
  Stack,
  Validations,
} from 'aws-cdk-lib'
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  type InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { AnyPrincipal, type CfnPolicy, Effect, Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { FilterPattern, LogGroup } from 'aws-cdk-lib/aws-logs'
import {
  CfnFirewallDomainList,
  CfnFirewallRuleGroup,
  CfnFirewallRuleGroupAssociation,
} from 'aws-cdk-lib/aws-route53resolver'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { logRetention } from './parameters.ts'
import { zones } from './stage-settings.ts'

/** What functions do with objects and items; each one's role allows it a part of these. */
const objectActions = ['GetObject', 'GetObjectVersion', 'PutObject', 'DeleteObject', 'DeleteObjectVersion']
const uploadActions = ['AbortMultipartUpload', 'ListMultipartUploadParts']
/** Lambda receives and deletes a function's messages for it, from outside. */
const queueActions = ['SendMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'].map((action) => `sqs:${action}`)
const deadLetterActions = [
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ListMessageMoveTasks',
  'sqs:ReceiveMessage',
  'sqs:StartMessageMoveTask',
]
const itemActions = ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'Query']

/**
 * Where the functions run that can reach a dump: subnets without a way out. There is no internet gateway and no NAT;
 * what they reach is this bucket, this table and these queues, through endpoints that let nothing else through, and the
 * names of those alone can be looked up, for a name is a way out too. What the wall turns away is logged.
 *
 * It is the default. With `Isolation=no` the same functions run outside a VPC, and what holds them is their roles.
 */
export class Network extends Construct {
  /** Whether there is any of this. */
  readonly isolated: CfnCondition
  private readonly vpc: Vpc
  private readonly functions: SecurityGroup
  private readonly sqs: InterfaceVpcEndpoint
  private readonly interfaces: Policy
  /** Connections that functions tried to make and that led nowhere. */
  readonly rejections: Metric

  constructor(scope: Construct, id: string, bucket: Bucket, table: Table) {
    super(scope, id)
    const stack = Stack.of(this)
    const isolation = new CfnParameter(stack, 'Isolation', {
      default: 'yes',
      allowedValues: ['yes', 'no'],
      description: 'Whether the functions that reach dumps run where nothing leads to the internet (some $15 a month).',
    })
    this.isolated = new CfnCondition(stack, 'FunctionsAreIsolated', {
      expression: Fn.conditionEquals(isolation, 'yes'),
    })
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
      maxAzs: zones,
      natGateways: 0,
      createInternetGateway: false,
      subnetConfiguration: [{ name: 'Isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 }],
      // That would take a function of its own; nothing is in the default group.
      restrictDefaultSecurityGroup: false,
    })
    const common = { vpc: this.vpc, allowAllOutbound: false }
    this.functions = new SecurityGroup(this, 'Functions', { ...common, description: 'Functions that reach dumps' })
    const endpoints = new SecurityGroup(this, 'Endpoints', { ...common, description: 'The endpoint of SQS' })
    endpoints.connections.allowFrom(this.functions, Port.tcp(443), 'From functions to SQS')
    this.gateways(bucket, table)
    this.sqs = this.vpc.addInterfaceEndpoint('Sqs', {
      service: InterfaceVpcEndpointAwsService.SQS,
      securityGroups: [endpoints],
      open: false,
    })
    this.names()
    this.rejections = this.logRejections()
    for (const child of this.node.findAll())
      if (CfnResource.isCfnResource(child)) child.cfnOptions.condition = this.isolated
    this.interfaces = this.networkInterfaces()
  }

  /** Has a function run in here. */
  place(fn: LambdaFunction, role: Role): void {
    this.interfaces.attachToRole(role)
    fn.node.addDependency(this.interfaces)
    const within = {
      SubnetIds: this.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
      SecurityGroupIds: [this.functions.securityGroupId],
    }
    const resource = fn.node.defaultChild as CfnResource
    resource.addPropertyOverride('VpcConfig', Fn.conditionIf(this.isolated.logicalId, within, Aws.NO_VALUE))
  }

  /** Lets functions in here send to these queues, and operators look after their dead letters. */
  allow(queues: readonly Queue[], deadLetters: readonly Queue[]): void {
    const arns = (of: readonly Queue[]): string[] => of.map(({ queueArn }) => queueArn)
    this.sqs.addToPolicy(through(queueActions, arns(queues)))
    this.sqs.addToPolicy(through(deadLetterActions, arns(deadLetters)))
  }

  /** S3 and DynamoDB by routes, which cost nothing. */
  private gateways(bucket: Bucket, table: Table): void {
    const s3 = this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 })
    s3.addToPolicy(
      through(
        [...objectActions, ...uploadActions].map((action) => `s3:${action}`),
        [bucket.arnForObjects('*')],
      ),
    )
    s3.addToPolicy(through(['s3:ListBucket'], [bucket.bucketArn]))
    const dynamo = this.vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB })
    dynamo.addToPolicy(
      through(
        itemActions.map((action) => `dynamodb:${action}`),
        [table.tableArn, `${table.tableArn}/index/*`],
      ),
    )
    this.toGateways()
  }

  /**
   * A security group names the addresses of S3 and DynamoDB by prefix lists, whose ids differ by region and which
   * CloudFormation cannot look up. Without them the group lets functions knock anywhere, and the routes lead nowhere else.
   */
  private toGateways(): void {
    const stack = Stack.of(this)
    const lists = new CfnParameter(stack, 'EndpointPrefixLists', {
      type: 'CommaDelimitedList',
      default: '',
      description:
        'The ids of the region’s managed prefix lists of S3 and of DynamoDB: functions then connect to these only.',
    })
    const given = new CfnCondition(stack, 'PrefixListsAreGiven', {
      expression: Fn.conditionNot(Fn.conditionEquals(Fn.join('', lists.valueAsList), '')),
    })
    const to = (destination: Record<string, unknown>) => ({
      IpProtocol: 'tcp',
      FromPort: 443,
      ToPort: 443,
      ...destination,
    })
    const list = (index: number) => to({ DestinationPrefixListId: Fn.select(index, lists.valueAsList) })
    const group = this.functions.node.defaultChild as CfnResource
    group.addPropertyOverride('SecurityGroupEgress', [
      Fn.conditionIf(given.logicalId, list(0), Aws.NO_VALUE),
      Fn.conditionIf(given.logicalId, list(1), Aws.NO_VALUE),
      Fn.conditionIf(given.logicalId, Aws.NO_VALUE, to({ CidrIp: '0.0.0.0/0' })),
    ])
  }

  /** Only the three services' names are answered; what they are aliases of is theirs to say. */
  private names(): void {
    const ours = ['s3', '*.s3', 'dynamodb', '*.ddb', 'sqs'].map((name) =>
      Fn.join('.', [name, Aws.REGION, Aws.URL_SUFFIX]),
    )
    const list = (id: string, domains: string[]) => new CfnFirewallDomainList(this, id, { domains }).attrId
    const group = new CfnFirewallRuleGroup(this, 'NameRules', {
      firewallRules: [
        {
          action: 'ALLOW',
          firewallDomainListId: list('OwnNames', ours),
          firewallDomainRedirectionAction: 'TRUST_REDIRECTION_DOMAIN',
          priority: 100,
        },
        { action: 'BLOCK', blockResponse: 'NODATA', firewallDomainListId: list('AllNames', ['*']), priority: 200 },
      ],
    })
    new CfnFirewallRuleGroupAssociation(this, 'Names', {
      firewallRuleGroupId: group.attrId,
      vpcId: this.vpc.vpcId,
      priority: 200,
    })
  }

  /** What comes from outside is turned away too, and is no news: only what our own addresses sent is counted. */
  private logRejections(): Metric {
    const logGroup = new LogGroup(this, 'Rejections', {
      retention: logRetention(this),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.vpc.addFlowLog('Rejected', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup),
      trafficType: FlowLogTrafficType.REJECT,
    })
    const fields = ['version', 'account', 'interface', 'source', 'destination', '...', 'action', 'status']
    const filter = logGroup.addMetricFilter('Knocking', {
      filterPattern: FilterPattern.spaceDelimited(...fields)
        .whereString('source', '=', '10.0.*')
        .whereString('action', '=', 'REJECT'),
      metricNamespace: 'dumpline',
      metricName: 'RejectedConnections',
    })
    return filter.metric({ statistic: 'Sum', period: Duration.minutes(5) })
  }

  /** What Lambda needs of a function's role to put it into subnets. The function’s own code may do none of it. */
  private networkInterfaces(): Policy {
    const actions = [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ]
    const notByCode = new PolicyStatement({
      effect: Effect.DENY,
      actions,
      resources: ['*'],
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': '*' } },
    })
    const policy = new Policy(this, 'Interfaces', { statements: [notByCode] })
    // The policy itself is always there, for functions wait for it.
    const allow = Fn.conditionIf(
      this.isolated.logicalId,
      { Effect: 'Allow', Action: actions, Resource: '*' },
      Aws.NO_VALUE,
    )
    const resource = policy.node.defaultChild as CfnPolicy
    resource.policyDocument = { Version: '2012-10-17', Statement: [allow, notByCode.toStatementJson()] }
    Validations.of(policy).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'Lambda asks for these on all resources; a second statement keeps them from the functions’ code.',
    })
    return policy
  }
}

/** What an endpoint lets through, whoever asks: the roles say who may. */
const through = (actions: string[], resources: string[]): PolicyStatement =>
  new PolicyStatement({ effect: Effect.ALLOW, principals: [new AnyPrincipal()], actions, resources })
