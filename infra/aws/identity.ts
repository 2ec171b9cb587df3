import { CfnCondition, CfnOutput, CfnParameter, Fn, Stack, Token } from 'aws-cdk-lib'
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { Construct } from 'constructs'
import { Role } from '../../shared/cases/permissions.ts'
import { People } from './user-pool.ts'

/**
 * Who may come in: people and machines with an access token of one OpenID Connect provider. Without more said that is a
 * Cognito user pool of the stack; with `OidcIssuer` it is the provider that the deployment's people have already.
 */
export class Identity extends Construct {
  readonly authorizer: HttpJwtAuthorizer
  /** What the API needs to tell clients how to sign in, and to read their tokens. */
  readonly environment: Record<string, string>
  readonly people: People
  /** Where the portal's page goes to sign in: the issuer's origin, and that of the pool's own pages. */
  readonly origins: readonly string[]

  constructor(scope: Construct, id: string) {
    super(scope, id)
    const stack = Stack.of(this)
    const parameter = (name: string, value: string, description: string): CfnParameter =>
      new CfnParameter(stack, name, { default: value, description })
    const issuer = parameter('OidcIssuer', '', 'The OpenID Connect provider to trust; empty for a Cognito user pool.')
    const clientId = parameter('OidcClientId', '', "The portal's client id at that provider (a public client, PKCE).")
    const audience = new CfnParameter(stack, 'OidcAudience', {
      type: 'CommaDelimitedList',
      default: '',
      description: 'What access tokens of that provider must name as audience (aud, or client_id where there is none).',
    })
    const scopes = parameter('OidcScopes', 'openid profile email', 'What the portal asks that provider for.')
    const tenantClaim = parameter('OidcTenantClaim', 'tenant', 'The claim of an access token that names the tenant.')
    const roleClaim = parameter('OidcRoleClaim', 'role', 'The claim that names the role, or a list with roles in it.')
    const portalUrl = parameter(
      'PortalUrl',
      'http://localhost:4747',
      'Where the portal is, without a slash at its end.',
    )
    const machineTenant = parameter('MachineTenant', 'default', 'Whose cases the automation client of the pool sees.')
    const machineRole = new CfnParameter(stack, 'MachineRole', {
      default: 'engineer',
      allowedValues: [...Role.options],
      description: 'What the automation client of the pool may do.',
    })

    const usesPool = new CfnCondition(stack, 'UsesUserPool', { expression: Fn.conditionEquals(issuer, '') })
    this.people = new People(this, 'People', {
      condition: usesPool,
      portalUrl: portalUrl.valueAsString,
      machineTenant: machineTenant.valueAsString,
      machineRole: machineRole.valueAsString,
    })
    const either = (ofPool: unknown, ofOther: unknown) => Fn.conditionIf(usesPool.logicalId, ofPool, ofOther)
    const { people } = this
    const trusted = either(people.issuer, issuer.valueAsString).toString()
    const portalClient = either(people.portalClientId, clientId.valueAsString).toString()
    this.authorizer = new HttpJwtAuthorizer('Tokens', trusted, {
      jwtAudience: Token.asList(either([people.portalClientId, people.machineClientId], audience.valueAsList)),
    })
    this.environment = {
      OIDC_ISSUER: trusted,
      OIDC_CLIENT_ID: portalClient,
      OIDC_SCOPES: scopes.valueAsString,
      TENANT_CLAIM: either('tenant', tenantClaim.valueAsString).toString(),
      ROLE_CLAIM: either('role', roleClaim.valueAsString).toString(),
    }
    this.origins = [`https://${Fn.select(2, Fn.split('/', trusted))}`, people.pagesOrigin]
    new CfnOutput(this, 'Issuer', { value: trusted })
    new CfnOutput(this, 'PortalClientId', { value: portalClient })
  }
}
