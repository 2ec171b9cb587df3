import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { routes } from '../../functions/api/api.ts'
import { callerOf } from '../../functions/api/caller.ts'
import { tokenClaims } from '../../functions/token-claims/token-claims.ts'
import { matchRoute } from '../../infra/local/http/routes.ts'
import { publicRouteOf, publicRoutes } from '../../shared/cases/limits/public-routes.ts'

const names = { tenant: 'https://acme.example/tenant', role: 'groups' }
const caller = (claims: Record<string, unknown> | undefined) =>
  callerOf(
    { requestContext: { authorizer: claims && { jwt: { claims } } } } as unknown as APIGatewayProxyEventV2,
    names,
  )
const good = { sub: 'ada', [names.tenant]: 'acme', groups: 'engineer' }

describe('the caller', () => {
  test('is read from the claims that the deployment names', () => {
    expect(caller(good)).toEqual({ tenant: 'acme', subject: 'ada', role: 'engineer' })
  })

  test.each([
    ['[viewer lead]', 'lead'],
    ['[everybody admin]', 'admin'],
    ['lead,viewer', 'lead'],
    ['[engineer]', 'engineer'],
  ])('of groups %s is a %s', (groups, role) => {
    expect(caller({ ...good, groups }).role).toBe(role)
  })

  test.each([
    [undefined, 401],
    [{}, 401],
    [{ ...good, sub: '' }, 401],
    [{ ...good, groups: undefined }, 403],
    [{ ...good, groups: 'root' }, 403],
    [{ ...good, groups: 'Administrators' }, 403],
    [{ ...good, groups: '[]' }, 403],
    [{ ...good, groups: ['admin'] }, 403],
    [{ ...good, [names.tenant]: undefined }, 403],
    [{ ...good, [names.tenant]: '' }, 403],
    [{ ...good, [names.tenant]: 'a#case' }, 403],
    [{ ...good, [names.tenant]: '[acme other]' }, 403],
    [{ ...good, [names.tenant]: '../acme' }, 403],
  ])('of claims %o is refused with %i', (claims, status) => {
    expect(() => caller(claims)).toThrow(expect.objectContaining({ problem: expect.objectContaining({ status }) }))
  })
})

describe('a token of the user pool', () => {
  const machine = { tenant: 'acme', role: 'engineer' }
  const event = (groupsToOverride: string[], attributes: Record<string, string>) => ({
    triggerSource: 'TokenGeneration_HostedAuth',
    request: { userAttributes: attributes, groupConfiguration: { groupsToOverride } },
  })

  test('says the person’s tenant and the highest of the roles', () => {
    const made = tokenClaims(event(['viewer', 'lead', 'others'], { 'custom:tenant': 'acme' }), machine)
    expect(made).toEqual({ tenant: 'acme', role: 'lead' })
  })

  test('leaves out what the person lacks', () => {
    expect(tokenClaims(event([], {}), machine)).toEqual({})
  })

  test('of a machine says what the stack is set to, whatever the machine asks', () => {
    const asked = { triggerSource: 'TokenGeneration_ClientCredentials', request: { clientMetadata: { role: 'admin' } } }
    expect(tokenClaims(asked, machine)).toEqual(machine)
  })
})

test('exactly the routes without a permission are open to anybody', () => {
  const open = publicRoutes.map(({ key }) => ({ routeKey: key }))
  for (const { method, path, permission } of routes)
    expect([
      method,
      path,
      matchRoute(open, method, `/api${path}`)?.route.routeKey,
      publicRouteOf(method, path) !== null,
    ]).toEqual([method, path, publicRouteOf(method, path)?.key, permission === null])
})
