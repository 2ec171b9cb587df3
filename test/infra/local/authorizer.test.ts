import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnLoopback } from '../../../infra/local/endpoints/loopback.ts'
import { machineTokens } from '../../../infra/local/identity/machine.ts'
import { startStack, tinyFunction } from './support/stack.ts'

const { publicKey, privateKey } = await generateKeyPair('RS256')
const stranger = await generateKeyPair('RS256')

/** A provider that gives the keys and nothing else, and a stack that trusts it on one route and nobody on the other. */
const start = async () => {
  const provider = await listenOnLoopback(0)
  onTestFinished(provider.close)
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }] }
  provider.serve((request, response) => {
    const isDiscovery = request.url === '/.well-known/openid-configuration'
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isDiscovery ? { jwks_uri: `${provider.origin}/keys` } : keys))
  })
  const Target = { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] }
  const ApiId = { Ref: 'Api' }
  const { origins, machine } = await startStack({
    Web: tinyFunction('web'),
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'Api', ProtocolType: 'HTTP' } },
    Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId, StageName: '$default' } },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId,
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': ['Web', 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    },
    Tokens: {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        ApiId,
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        Name: 'Tokens',
        JwtConfiguration: { Issuer: provider.origin, Audience: ['dumpline', 'portal'] },
      },
    },
    Closed: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId,
        RouteKey: 'ANY /api/{proxy+}',
        Target,
        AuthorizationType: 'JWT',
        AuthorizerId: { Ref: 'Tokens' },
      },
    },
    Open: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: { ApiId, RouteKey: 'GET /api/open', Target, AuthorizationType: 'NONE' },
    },
  })
  const sign = (claims: Record<string, unknown>, key = privateKey, expires = '5m') =>
    new SignJWT({ sub: 'ada', aud: 'dumpline', iss: provider.origin, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(key)
  const call = (token: string | null, path = '/api/cases') =>
    fetch(`${origins.http}${path}`, { headers: token === null ? {} : { authorization: `Bearer ${token}` } })
  return { sign, call, origins, machine }
}

test('a token that the issuer signed for the audience lets in, and the function is told its claims as text', async () => {
  const { sign, call } = await start()
  const response = await call(await sign({ tenant: 'default', role: ['viewer', 'lead'], level: 3 }))
  expect(response.status).toBe(200)
  const { requestContext } = (await response.json()) as { requestContext: { authorizer: unknown } }
  expect(requestContext.authorizer).toMatchObject({
    jwt: { claims: { sub: 'ada', tenant: 'default', role: '[viewer lead]', level: '3' }, scopes: null },
  })
  expect((await call(await sign({ aud: undefined, client_id: 'portal' }))).status).toBe(200)
})

test('anything else is answered 401 with the reason, and never reaches the function', async () => {
  const { sign, call } = await start()
  const [head, body] = (await sign({})).split('.')
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
  const tokens: [string | null, RegExp][] = [
    [null, /^Bearer$/],
    ['nonsense', /not valid/],
    [unsigned, /not valid/],
    [`${head}.${Buffer.from('{"sub":"eve"}').toString('base64url')}.AAAA`, /not valid/],
    [await sign({}, stranger.privateKey), /not valid/],
    [await sign({ iss: 'https://elsewhere.example' }), /not valid/],
    [await sign({ aud: 'other' }), /audience/],
    [await sign({ aud: undefined }), /audience/],
    [await sign({}, privateKey, '-1m'), /expired/],
  ]
  for (const [token, reason] of tokens) {
    const response = await call(token)
    expect([response.status, await response.json()], String(token)).toEqual([401, { message: 'Unauthorized' }])
    expect(response.headers.get('www-authenticate'), String(token)).toMatch(reason)
  }
})

test('a route without an authorizer lets in anybody, and says nothing of who it was', async () => {
  const { call, sign } = await start()
  for (const token of [null, await sign({})]) {
    const response = await call(token, '/api/open')
    expect(response.status).toBe(200)
    expect(((await response.json()) as { requestContext: object }).requestContext).not.toHaveProperty('authorizer')
  }
})

test('the provider of this machine gives machines tokens with tenant and role, and nothing for a wrong secret', async () => {
  const { machine } = await start()
  const payload = (token: string) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as object
  const engineer = machine('engineer', 'neighbour')
  expect(payload(await machineTokens(engineer)())).toMatchObject({
    ...{ iss: engineer.issuer, aud: 'urn:dumpline:api', sub: 'machine-neighbour-engineer' },
    ...{ tenant: 'neighbour', role: 'engineer' },
  })
  await expect(machineTokens({ ...engineer, clientSecret: 'guess' })()).rejects.toThrow(/401/)
})
