import { PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { expect, test } from 'vitest'
import { startBucket } from './support/s3.ts'

const rule = {
  AllowedOrigins: ['https://*.portal.example'],
  AllowedMethods: ['PUT', 'GET'],
  AllowedHeaders: ['content-*'],
  ExposedHeaders: ['ETag'],
  MaxAge: 300,
}
const origin = 'https://a.portal.example'

const startShared = () => startBucket({ CorsConfiguration: { CorsRules: [rule] } })

test('a preflight is answered as the bucket says', async () => {
  const { stack } = await startShared()
  const ask = (headers: Record<string, string>) => fetch(`${stack.origins.s3}/dumps/a`, { method: 'OPTIONS', headers })
  const asked = { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' }
  const allowed = await ask(asked)
  expect(allowed.status).toBe(200)
  expect(allowed.headers.get('access-control-allow-origin')).toBe(origin)
  expect(allowed.headers.get('access-control-allow-methods')).toBe('PUT, GET')
  expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type')
  expect(allowed.headers.get('access-control-max-age')).toBe('300')
  for (const change of [
    { origin: 'https://portal.example.evil' },
    { 'access-control-request-method': 'DELETE' },
    { 'access-control-request-headers': 'content-type, x-other' },
  ])
    expect((await ask({ ...asked, ...change })).status).toBe(403)
})

test('a page of an allowed origin may read the answer and the ETag, errors too; no other may', async () => {
  const { s3 } = await startShared()
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: 'dumps', Key: 'a' }), { expiresIn: 60 })
  const put = (from: string, target = url) => fetch(target, { method: 'PUT', body: 'abc', headers: { origin: from } })
  const allowed = await put(origin)
  expect(allowed.headers.get('access-control-allow-origin')).toBe(origin)
  expect(allowed.headers.get('access-control-expose-headers')).toBe('ETag')
  const refused = await put(origin, url.replace('Expires=60', 'Expires=61'))
  expect(refused.status).toBe(403)
  expect(refused.headers.get('access-control-allow-origin')).toBe(origin)
  expect((await put('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
})
