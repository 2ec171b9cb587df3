import { z } from 'zod'

/** Who a signed-in person is to a tenant. Each role may do what the one before it may, and more. */
export const Role = z.enum(['viewer', 'engineer', 'lead', 'admin'])
export type Role = z.infer<typeof Role>

/** What an operation of the API asks of its caller. */
export const Permission = z.enum([
  /** See cases, their analyses and their reports. */
  'cases:read',
  /** Open cases and change them: notes, labels, assignee, closing, reopening, uploads, upload links, vendor links. */
  'cases:write',
  /** See raw memory and fetch dumps. Each look is recorded. */
  'dumps:read',
  /** Extend retention, set and lift a legal hold. */
  'retention:write',
  /** Plan and run batches of old cases. */
  'reprocessing:run',
  /** See queues, failures and cost, and send dead letters again. */
  'operations:run',
  /** Webhooks and the tenant's settings. */
  'tenant:write',
])
export type Permission = z.infer<typeof Permission>

const addedBy: Record<Role, readonly Permission[]> = {
  viewer: ['cases:read'],
  engineer: ['cases:write', 'dumps:read'],
  lead: ['retention:write', 'reprocessing:run', 'operations:run'],
  admin: ['tenant:write'],
}

/** Whether a role may do what an operation asks. */
export const mayDo = (role: Role, permission: Permission): boolean => {
  const upTo = Role.options.indexOf(role)
  return Role.options.slice(0, upTo + 1).some((lower) => addedBy[lower].includes(permission))
}
