import { expect, test } from 'vitest'
import { makeTemplate, resourcesOf } from './synthesise.ts'

const template = makeTemplate()
const only = (type: string) => {
  const all = Object.entries(resourcesOf(template, type))
  expect(all, type).toHaveLength(1)
  return { id: all[0][0], ...(all[0][1].Properties as Record<string, unknown>) } as Record<string, unknown>
}

test('tokens come from the user pool of the stack, or from the provider that the deployment names', () => {
  const pool = only('AWS::Cognito::UserPool').id
  const [portal, machine] = Object.keys(resourcesOf(template, 'AWS::Cognito::UserPoolClient'))
  expect(only('AWS::ApiGatewayV2::Authorizer')).toMatchObject({
    AuthorizerType: 'JWT',
    IdentitySource: ['$request.header.Authorization'],
    JwtConfiguration: {
      Issuer: { 'Fn::If': ['UsesUserPool', { 'Fn::GetAtt': [pool, 'ProviderURL'] }, { Ref: 'OidcIssuer' }] },
      Audience: { 'Fn::If': ['UsesUserPool', [{ Ref: portal }, { Ref: machine }], { Ref: 'OidcAudience' }] },
    },
  })
})

test('nothing of the user pool is made for a deployment that has a provider', () => {
  const resources = template.toJSON().Resources as Record<string, { Type: string; Condition?: string }>
  const people = Object.entries(resources).filter(
    ([id, { Type }]) => id.startsWith('IdentityPeople') || Type.startsWith('AWS::Cognito::') || /tokenClaims/.test(id),
  )
  expect(people.length).toBeGreaterThan(12)
  for (const [id, { Condition }] of people) expect([id, Condition]).toEqual([id, 'UsesUserPool'])
})

test('nobody signs up, everybody has a second factor, and a group stands for each role', () => {
  expect(only('AWS::Cognito::UserPool')).toMatchObject({
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
    MfaConfiguration: 'ON',
    EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
    DeletionProtection: 'ACTIVE',
    LambdaConfig: { PreTokenGenerationConfig: { LambdaVersion: 'V3_0' } },
  })
  const groups = Object.values(resourcesOf(template, 'AWS::Cognito::UserPoolGroup'))
  expect(groups.map(({ Properties }) => Properties.GroupName)).toEqual(['viewer', 'engineer', 'lead', 'admin'])
})

test('the portal is a public client with the code flow alone, and nobody writes a tenant of their own', () => {
  const clients = Object.values(resourcesOf(template, 'AWS::Cognito::UserPoolClient')).map(
    ({ Properties }) => Properties as Record<string, unknown>,
  )
  const portal = clients.find(({ GenerateSecret }) => GenerateSecret === false)
  expect(portal).toMatchObject({
    AllowedOAuthFlows: ['code'],
    WriteAttributes: ['name'],
    CallbackURLs: [{ 'Fn::Join': ['', [{ Ref: 'PortalUrl' }, '/signed-in']] }],
  })
  const machine = clients.find(({ GenerateSecret }) => GenerateSecret === true)
  expect(machine).toMatchObject({ AllowedOAuthFlows: ['client_credentials'] })
})
