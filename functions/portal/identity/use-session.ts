import { useSyncExternalStore } from 'react'
import type { Permission } from '../../../shared/cases/permissions.ts'
import { currentSession, onSession, type Session } from './session.ts'

export const useSession = (): Session => useSyncExternalStore(onSession, currentSession)

const takes: Record<Permission, string> = {
  'cases:read': 'Looking at cases takes the role viewer.',
  'cases:write': 'Opening and changing cases takes the role engineer.',
  'dumps:read': 'Raw memory and dumps take the role engineer.',
  'retention:write': 'Changing retention takes the role lead.',
  'reprocessing:run': 'Running batches takes the role lead.',
  'operations:run': 'Operations take the role lead.',
  'tenant:write': 'Settings and webhooks take the role admin.',
}

/**
 * Why the person may not do something, as a sentence for them; null when they may. What nobody would look for is better
 * absent than disabled; what one would look for is disabled with this reason (`disabledReason` of a Cloudscape button).
 */
export const useWhyNot = (permission: Permission): string | null => {
  const session = useSession()
  if (session.phase === 'unknown') return 'Nobody is signed in.'
  const { role, permissions } = session.me
  return permissions.includes(permission) ? null : `${takes[permission]} You are signed in as ${role}.`
}

export const useMay = (permission: Permission): boolean => useWhyNot(permission) === null
