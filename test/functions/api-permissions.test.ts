import { describe, expect, test } from 'vitest'
import { routes } from '../../functions/api/api.ts'
import { operationOf } from '../../functions/api/openapi.ts'
import { Role } from '../../shared/cases/permissions.ts'
import { makeWorld, ofNothing } from './api-world.ts'

/**
 * Who may do what: for each operation the lowest role that may, or anybody. An operation that is added needs a row here,
 * and one that is dropped loses it.
 */
const lowestRole: Record<string, Role | 'anybody'> = {
  'GET /health': 'anybody',
  'GET /openapi.json': 'anybody',
  'GET /sign-in': 'anybody',
  'GET /me': 'viewer',

  'GET /cases': 'viewer',
  'POST /cases': 'engineer',
  'GET /cases/{caseId}': 'viewer',
  'PATCH /cases/{caseId}': 'engineer',
  'POST /cases/{caseId}/close': 'engineer',
  'POST /cases/{caseId}/reopen': 'engineer',
  'GET /cases/{caseId}/notes': 'viewer',
  'POST /cases/{caseId}/notes': 'engineer',
  'PATCH /cases/{caseId}/notes/{noteId}': 'engineer',
  'DELETE /cases/{caseId}/notes/{noteId}': 'engineer',
  'GET /cases/{caseId}/history': 'viewer',
  'GET /case-groups': 'viewer',
  'GET /cases/{caseId}/retention': 'viewer',
  'POST /cases/{caseId}/retention/extension': 'lead',
  'POST /cases/{caseId}/hold': 'lead',
  'POST /cases/{caseId}/hold/lift': 'lead',

  'POST /cases/{caseId}/uploads': 'engineer',
  'POST /cases/{caseId}/uploads/{uploadId}/parts': 'engineer',
  'GET /cases/{caseId}/uploads/{uploadId}/parts': 'engineer',
  'POST /cases/{caseId}/uploads/{uploadId}/complete': 'engineer',
  'DELETE /cases/{caseId}/uploads/{uploadId}': 'engineer',
  'POST /cases/{caseId}/upload-links': 'engineer',
  'GET /cases/{caseId}/upload-links': 'viewer',
  'DELETE /cases/{caseId}/upload-links/{linkId}': 'engineer',
  'GET /upload-links/{token}': 'anybody',
  'POST /upload-links/{token}/uploads': 'anybody',
  'POST /upload-links/{token}/uploads/{uploadId}/parts': 'anybody',
  'GET /upload-links/{token}/uploads/{uploadId}/parts': 'anybody',
  'POST /upload-links/{token}/uploads/{uploadId}/complete': 'anybody',
  'DELETE /upload-links/{token}/uploads/{uploadId}': 'anybody',
  'POST /upload-links/{token}/put': 'anybody',

  'POST /cases/{caseId}/dumps/{dumpId}/analyses': 'engineer',
  'GET /cases/{caseId}/dumps/{dumpId}/full-scan': 'viewer',
  'GET /cases/{caseId}/dumps/{dumpId}/analyses/{analysisId}': 'viewer',
  'GET /cases/{caseId}/dumps/{dumpId}/analyses/{analysisId}/report': 'viewer',
  'GET /cases/{caseId}/comparison': 'viewer',
  'POST /cases/{caseId}/vendor-links': 'engineer',
  'GET /cases/{caseId}/vendor-links': 'viewer',
  'DELETE /cases/{caseId}/vendor-links/{linkId}': 'engineer',
  'GET /vendor-links/{token}': 'anybody',
  'GET /vendor-links/{token}/analysis': 'anybody',
  'GET /vendor-links/{token}/report': 'anybody',

  'GET /cases/{caseId}/dumps/{dumpId}/memory': 'engineer',
  'POST /cases/{caseId}/dumps/{dumpId}/downloads': 'engineer',

  'POST /reprocessing': 'lead',
  'GET /reprocessing': 'viewer',
  'GET /reprocessing/{batchId}': 'viewer',
  'GET /reprocessing/{batchId}/items': 'viewer',
  'GET /reprocessing/{batchId}/export': 'viewer',
  'POST /reprocessing/{batchId}/dry-run': 'lead',
  'POST /reprocessing/{batchId}/start': 'lead',
  'POST /reprocessing/{batchId}/pause': 'lead',
  'POST /reprocessing/{batchId}/resume': 'lead',
  'POST /reprocessing/{batchId}/cancel': 'lead',
  'POST /reprocessing/{batchId}/publish': 'lead',
  'POST /reprocessing/{batchId}/move-back': 'lead',
  'POST /cases/{caseId}/notice/seen': 'engineer',

  'POST /webhooks': 'admin',
  'GET /webhooks': 'admin',
  'PATCH /webhooks/{webhookId}': 'admin',
  'DELETE /webhooks/{webhookId}': 'admin',
  'POST /webhooks/{webhookId}/rotate-secret': 'admin',
  'POST /webhooks/{webhookId}/test': 'admin',
  'GET /webhooks/{webhookId}/deliveries': 'admin',
  'POST /webhooks/{webhookId}/send-again': 'admin',

  'GET /operations/queues': 'lead',
  'GET /operations/dead-letters': 'lead',
  'GET /operations/redrives': 'lead',
  'POST /operations/redrives': 'lead',
  'GET /operations/failures': 'lead',
  'GET /operations/analyses': 'lead',
  'GET /operations/cost': 'lead',
  'GET /operations/versions': 'lead',
}

test('each operation has its row, and each row its operation', () => {
  expect(Object.keys(lowestRole).sort()).toEqual(routes.map(operationOf).sort())
})

const isAllowed = (role: Role, lowest: Role | 'anybody' | undefined): boolean =>
  lowest === 'anybody' || (lowest !== undefined && Role.options.indexOf(role) >= Role.options.indexOf(lowest))

const refusals = [401, 403, 404]

describe.each(routes.map((route) => [operationOf(route), route] as const))('%s', (operation, route) => {
  const lowest = lowestRole[operation]

  test.each(Role.options)('of the own tenant, by a %s', async (role) => {
    const { ask } = await makeWorld()
    const { status, body } = await ask(route, { role })
    if (isAllowed(role, lowest)) expect(refusals, JSON.stringify(body)).not.toContain(status)
    else expect([status, body.type]).toEqual([403, 'urn:dumpline:problem:forbidden'])
  })

  test('of another tenant, by its admin: like what is not there at all', async () => {
    const { ask, pathOf } = await makeWorld()
    const neighbour = { tenant: 'neighbour', role: 'admin', subject: 'nora' }
    const { status, body } = await ask(route, neighbour)
    if (lowest === 'anybody') return expect(status).toBe(route.status)
    if (!route.path.includes('{')) return expect(JSON.stringify(body)).not.toContain('case_0000000001')
    expect(status).toBe(404)
    const missing = await ask(route, neighbour, pathOf(route, ofNothing))
    // The same words: nobody learns that somebody else has it.
    expect({ ...missing.body, instance: '' }).toEqual({ ...body, instance: '' })
    expect(missing.status).toBe(404)
  })

  test('by nobody', async () => {
    const { ask } = await makeWorld()
    const { status } = await ask(route, null)
    if (lowest === 'anybody') expect(status).toBe(route.status)
    else expect(status).toBe(401)
  })

  if (lowest !== 'anybody')
    test('with a tenant or a role that dumpline does not know', async () => {
      const { ask } = await makeWorld()
      expect((await ask(route, { tenant: 'De#fault' })).status).toBe(403)
      expect((await ask(route, { role: 'root' })).status).toBe(403)
    })
})
