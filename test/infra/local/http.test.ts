import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { matchRoute } from '../../../infra/local/http/routes.ts'
import { startStack, temporaryFolder, tinyFunction } from './support/stack.ts'

const route = (RouteKey: string) => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: { Ref: 'Api' },
    RouteKey,
    Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
  },
})

const start = async (handler = 'web', portalDir?: string, timeout = 30_000) => {
  const { origins } = await startStack(
    {
      Web: tinyFunction(handler),
      Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'Api', ProtocolType: 'HTTP' } },
      Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'Api' }, StageName: '$default' } },
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: { Ref: 'Api' },
          IntegrationType: 'AWS_PROXY',
          IntegrationUri: { 'Fn::GetAtt': ['Web', 'Arn'] },
          PayloadFormatVersion: '2.0',
          TimeoutInMillis: timeout,
        },
      },
      AnyRoute: route('ANY /api/{proxy+}'),
      ItemRoute: route('GET /api/items/{id}'),
    },
    portalDir === undefined ? {} : { portalDir },
  )
  return origins
}

test('a request arrives as an event of payload format 2.0', async () => {
  const { http } = await start()
  const response = await fetch(`${http}/api/items/a%2Fb?x=1&x=2&y=a+b`, {
    headers: { cookie: 'a=1; b=2', 'x-mixed-Case': 'Yes' },
  })
  expect(response.headers.get('content-type')).toBe('application/json')
  const event = (await response.json()) as { headers: object }
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: 'GET /api/items/{id}',
    rawPath: '/api/items/a%2Fb',
    rawQueryString: 'x=1&x=2&y=a+b',
    cookies: ['a=1', 'b=2'],
    headers: { 'x-mixed-case': 'Yes' },
    queryStringParameters: { x: '1,2', y: 'a b' },
    pathParameters: { id: 'a/b' },
    requestContext: {
      routeKey: 'GET /api/items/{id}',
      stage: '$default',
      http: { method: 'GET', path: '/api/items/a%2Fb', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
      time: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
    },
    isBase64Encoded: false,
  })
  expect(event.headers).not.toHaveProperty('cookie')
  expect(event).not.toHaveProperty('body')
})

test('a text body arrives as text, any other in base64', async () => {
  const { http } = await start()
  const post = async (body: string | Uint8Array<ArrayBuffer>, type: string) =>
    (await fetch(`${http}/api/x`, { method: 'POST', body, headers: { 'content-type': type } })).json()
  expect(await post('{"ü":1}', 'application/json')).toMatchObject({ body: '{"ü":1}', isBase64Encoded: false })
  expect(await post(new Uint8Array([0, 255]), 'application/octet-stream')).toMatchObject({
    body: 'AP8=',
    isBase64Encoded: true,
    routeKey: 'ANY /api/{proxy+}',
    pathParameters: { proxy: 'x' },
  })
})

test("a function's answer becomes the response: bytes, cookies, status, or the value itself as JSON", async () => {
  const { http } = await start()
  const bytes = await fetch(`${http}/api/bytes`)
  expect(bytes.status).toBe(201)
  expect(bytes.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(new Uint8Array([0, 255]))
  const plain = await fetch(`${http}/api/plain`)
  expect([plain.status, await plain.json()]).toEqual([200, { hello: 'world' }])
  expect((await fetch(`${http}/api/nonsense`)).status).toBe(500)
})

test('a failing function is a 500, a slow one a 503, an oversized body a 413', async () => {
  const failing = await start('fail')
  expect((await fetch(`${failing.http}/api/x`)).status).toBe(500)
  const slow = await start('spin', undefined, 300)
  expect((await fetch(`${slow.http}/api/x`)).status).toBe(503)
  const body = new Uint8Array(10 * 2 ** 20 + 1)
  expect((await fetch(`${failing.http}/api/x`, { method: 'POST', body })).status).toBe(413)
})

test('the portal is served beside the API, under a policy that lets it reach S3 and the identity provider alone', async () => {
  const portalDir = join(await temporaryFolder(), 'dist')
  await mkdir(join(portalDir, 'assets'), { recursive: true })
  await writeFile(join(portalDir, 'index.html'), '<title>portal</title>')
  await writeFile(join(portalDir, '.secret'), 'secret')
  await writeFile(join(portalDir, 'assets/app-1.js'), 'export {}')
  await writeFile(join(portalDir, '../outside.js'), 'outside')
  const { http, s3, identity } = await start('web', portalDir)
  const page = await fetch(`${http}/cases/1`)
  expect(await page.text()).toBe('<title>portal</title>')
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('content-security-policy')).toContain(`connect-src 'self' ${s3} ${identity};`)
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';")
  const script = await fetch(`${http}/assets/app-1.js`)
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(script.headers.get('cache-control')).toContain('immutable')
  for (const path of ['/assets/gone.js', '/%2e%2e/outside.js', '/..%2foutside.js', '/.secret', '/%00'])
    expect(await (await fetch(http + path)).text(), path).not.toMatch(/outside|secret/)
  expect((await fetch(`${http}/assets/gone.js`)).status).toBe(404)
  expect((await fetch(`${http}/`, { method: 'POST' })).status).toBe(405)
})

test('a portal that is not built says so', async () => {
  const { http } = await start()
  const response = await fetch(http)
  expect([response.status, await response.text()]).toEqual([404, 'The portal is not built: `npm start` builds it.\n'])
})

const routes = ['ANY /api/{proxy+}', 'GET /api/items/{id}', 'ANY /api/items/{id}', 'GET /api/items/all'].map((key) => ({
  routeKey: key,
}))

test.for([
  ['GET', '/api/items/all', 'GET /api/items/all', {}],
  ['GET', '/api/items/7', 'GET /api/items/{id}', { id: '7' }],
  ['PUT', '/api/items/7', 'ANY /api/items/{id}', { id: '7' }],
  ['GET', '/api/items/7/parts', 'ANY /api/{proxy+}', { proxy: 'items/7/parts' }],
  ['GET', '/api/', undefined, undefined],
  ['GET', '/other', undefined, undefined],
] as const)('%s %s goes to %s', ([method, path, routeKey, pathParameters]) => {
  const match = matchRoute(routes, method, path)
  expect([match?.route.routeKey, match?.pathParameters]).toEqual([routeKey, pathParameters])
})
