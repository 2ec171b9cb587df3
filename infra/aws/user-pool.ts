import { Aws, type CfnCondition, CfnResource, Duration, Fn, RemovalPolicy, Validations } from 'aws-cdk-lib'
import {
  CfnManagedLoginBranding,
  ClientAttributes,
  FeaturePlan,
  LambdaVersion,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  StringAttribute,
  UserPool,
  UserPoolClient,
  UserPoolOperation,
} from 'aws-cdk-lib/aws-cognito'
import { Construct } from 'constructs'
import { Role } from '../../shared/cases/permissions.ts'
import { NodeFunction } from './node-function.ts'
import { functionSettings } from './stage-settings.ts'

export type PeopleProps = {
  /** Without it the stack has none of this: people then come from another provider. */
  readonly condition: CfnCondition
  readonly portalUrl: string
  readonly machineTenant: string
  readonly machineRole: string
}

/**
 * The people of a deployment without an identity provider of its own: a Cognito user pool whose groups are the roles and
 * whose attribute `tenant` only administrators write; a client for the portal and one for automation. A function puts
 * both claims into access tokens, where the API reads them.
 */
export class People extends Construct {
  readonly issuer: string
  readonly portalClientId: string
  readonly machineClientId: string
  readonly tokenClaims: NodeFunction
  /** Where its sign-in pages and its token endpoint are. */
  readonly pagesOrigin: string

  constructor(scope: Construct, id: string, props: PeopleProps) {
    super(scope, id)
    this.tokenClaims = new NodeFunction(this, 'TokenClaims', {
      folder: 'token-claims',
      settings: functionSettings['token-claims'],
      environment: { MACHINE_TENANT: props.machineTenant, MACHINE_ROLE: props.machineRole },
      grants: [],
    })
    const pool = new UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      autoVerify: { email: true },
      standardAttributes: { email: { required: true, mutable: true }, fullname: { required: false, mutable: true } },
      customAttributes: { tenant: new StringAttribute({ minLen: 1, maxLen: 64, mutable: true }) },
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      // Claims in access tokens take this plan.
      featurePlan: FeaturePlan.ESSENTIALS,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    for (const rule of ['COG3', 'COG8'])
      Validations.of(pool).acknowledge({
        id: `AwsSolutions::AwsSolutions-${rule}`,
        reason: 'Threat protection needs the Plus plan. Nobody can sign up, and everybody needs a second factor.',
      })
    pool.addTrigger(UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG, this.tokenClaims.fn, LambdaVersion.V3_0)
    for (const role of Role.options) pool.addGroup(`Role${role}`, { groupName: role })
    const domainPrefix = Fn.join('-', ['dumpline', Aws.ACCOUNT_ID])
    this.pagesOrigin = `https://${domainPrefix}.auth.${Aws.REGION}.amazoncognito.com`
    pool.addDomain('Domain', {
      cognitoDomain: { domainPrefix },
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    })

    const portal = new UserPoolClient(this, 'Portal', {
      userPool: pool,
      generateSecret: false,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.PROFILE, OAuthScope.EMAIL],
        callbackUrls: [`${props.portalUrl}/signed-in`],
        logoutUrls: [`${props.portalUrl}/signed-out`],
      },
      // The tenant is not among what a person may change of themselves.
      writeAttributes: new ClientAttributes().withStandardAttributes({ fullname: true }),
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.hours(12),
      preventUserExistenceErrors: true,
    })
    new CfnManagedLoginBranding(this, 'Branding', {
      userPoolId: pool.userPoolId,
      clientId: portal.userPoolClientId,
      useCognitoProvidedValues: true,
    })
    const everything = new ResourceServerScope({ scopeName: 'all', scopeDescription: 'Whatever the role allows' })
    const api = pool.addResourceServer('Api', { identifier: 'dumpline', scopes: [everything] })
    const machine = new UserPoolClient(this, 'Machine', {
      userPool: pool,
      generateSecret: true,
      oAuth: { flows: { clientCredentials: true }, scopes: [OAuthScope.resourceServer(api, everything)] },
      accessTokenValidity: Duration.minutes(15),
    })

    this.issuer = pool.userPoolProviderUrl
    this.portalClientId = portal.userPoolClientId
    this.machineClientId = machine.userPoolClientId
    for (const child of this.node.findAll())
      if (CfnResource.isCfnResource(child)) child.cfnOptions.condition = props.condition
  }
}
