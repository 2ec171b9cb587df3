import type { Role } from '../../../shared/cases/permissions.ts'

/** Somebody who can sign in on this machine, with no more than a click. */
export type Person = {
  readonly subject: string
  readonly name: string
  readonly tenant: string
  readonly role: Role
}

/** One person of each role, and a neighbour tenant whose cases none of them may see. */
export const people: readonly Person[] = [
  { subject: 'ada', name: 'Ada Admin', tenant: 'default', role: 'admin' },
  { subject: 'leo', name: 'Leo Lead', tenant: 'default', role: 'lead' },
  { subject: 'emma', name: 'Emma Engineer', tenant: 'default', role: 'engineer' },
  { subject: 'vic', name: 'Vic Viewer', tenant: 'default', role: 'viewer' },
  { subject: 'nora', name: 'Nora Neighbour', tenant: 'neighbour', role: 'admin' },
  { subject: 'ned', name: 'Ned Neighbour', tenant: 'neighbour', role: 'engineer' },
]

/** Automation's name at the provider: one for each tenant and role that a person has. */
export const machineId = ({ tenant, role }: Pick<Person, 'tenant' | 'role'>): string => `machine-${tenant}-${role}`
