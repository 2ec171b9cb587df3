import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { networkOf } from '../../functions/api/network-address.ts'
import { publicRouteOf, publicRoutes } from '../../shared/cases/limits/public-routes.ts'
import { after } from '../cases/records.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const limitOf = (method: string, path: string): number => publicRouteOf(method, path)!.perMinute

/** An API whose clock stands still unless it is moved, and a way to ask it as nobody, from an address. */
const world = () => {
  const clock = { seconds: 20 }
  const api = prepare({ now: () => after(clock.seconds) })
  const ask = (path: string, from = '198.51.100.7', method = 'GET') =>
    api.call(method, path, undefined, undefined, null, { 'x-forwarded-for': `${from}, 203.0.113.9` })
  const askTimes = async (times: number, path: string, from?: string) => {
    const statuses = new Set<number | undefined>()
    for (let n = 0; n < times; n++) statuses.add((await ask(path, from)).status)
    return [...statuses]
  }
  return { ...api, clock, ask, askTimes }
}

describe('of what anybody may ask', () => {
  test('too much from one address is refused until the next minute, and only there', async () => {
    const { ask, askTimes, clock } = world()
    expect(await askTimes(limitOf('GET', '/sign-in'), '/api/sign-in')).toEqual([200])
    const refused = await ask('/api/sign-in')
    expectProblem(refused, 429, 'too-many-requests')
    expect(refused.headers).toMatchObject({ 'retry-after': '40' })
    // Neither another address nor another route pays for it.
    expect((await ask('/api/sign-in', '198.51.100.8')).status).toBe(200)
    expect((await ask('/api/health')).status).toBe(200)
    clock.seconds = 60
    expect((await ask('/api/sign-in')).status).toBe(200)
  })

  test.each([
    ['/vendor-links/{token}', 'GET'],
    ['/upload-links/{token}', 'GET'],
  ])('too much with one link is refused, from wherever it comes: %s', async (path, method) => {
    const { ask } = world()
    const most = limitOf(method, path)
    const at = (token: string) => `/api${path.replace('{token}', token)}`
    for (let n = 0; n < most; n++) expect((await ask(at('a'.repeat(43)), `198.51.${n}.7`)).status).toBe(404)
    expectProblem(await ask(at('a'.repeat(43)), '192.0.2.1'), 429, 'too-many-requests')
    expect((await ask(at('b'.repeat(43)), '192.0.2.1')).status).toBe(404)
  })

  test('guessing links ends for an address, too', async () => {
    const { ask } = world()
    const token = (n: number) => String(n).padStart(43, 'g')
    for (let n = 0; n < limitOf('GET', '/vendor-links/{token}'); n++)
      expect((await ask(`/api/vendor-links/${token(n)}`)).status).toBe(404)
    expectProblem(await ask(`/api/vendor-links/${token(9999)}`), 429, 'too-many-requests')
  })

  test('nothing is kept that names an address or a link', async () => {
    const { ask, table } = world()
    await ask(`/api/vendor-links/${'c'.repeat(43)}`, '198.51.100.77')
    const kept = JSON.stringify([...table.items])
    expect(kept).toContain('public-rate#')
    expect(kept).not.toMatch(/198\.51\.100|ccccc/)
  })

  test('each route has a limit that API Gateway’s own lets through', () => {
    expect(publicRoutes.every(({ perMinute, perSecond }) => perMinute > 0 && perMinute <= perSecond * 60)).toBe(true)
    expect(publicRouteOf('POST', '/upload-links/{token}/put')?.key).toBe('POST /api/upload-links/{token}/put')
    expect(publicRouteOf('DELETE', '/upload-links/{token}/uploads/{uploadId}')?.key).toMatch(/^ANY/)
    expect(publicRouteOf('DELETE', '/vendor-links/{token}')).toBeNull()
    expect(publicRouteOf('GET', '/cases')).toBeNull()
  })
})

test.each([
  ['198.51.100.7, 203.0.113.9', '198.51.100.7'],
  ['6.6.6.6, 198.51.100.7, 203.0.113.9', '198.51.100.7'],
  ['203.0.113.9', '192.0.2.1'],
  [undefined, '192.0.2.1'],
  ['2001:db8:0:1:2:3:4:5, 203.0.113.9', '2001:db8:0:1'],
  ['2001:db8:0:1::9, 203.0.113.9', '2001:db8:0:1'],
  ['::ffff:198.51.100.7, 203.0.113.9', '198.51.100.7'],
  ['unknown, 203.0.113.9', 'unknown'],
])('a request forwarded for %s comes from %s', (forwarded, network) => {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  const event = { headers, requestContext: { http: { sourceIp: '192.0.2.1' } } }
  expect(networkOf(event as unknown as APIGatewayProxyEventV2)).toBe(network)
})
