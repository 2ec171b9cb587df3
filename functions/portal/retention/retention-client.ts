import type { ExtendRetention, Retention } from '../../../shared/cases/life/retention-api.ts'
import { call, path } from '../api/client.ts'

export const getRetention = (caseId: string, signal: AbortSignal): Promise<Retention> =>
  call(path('cases', caseId, 'retention'), { signal })

export const extendRetention = (caseId: string, body: ExtendRetention): Promise<Retention> =>
  call(path('cases', caseId, 'retention', 'extension'), { method: 'POST', body })

export const setHold = (caseId: string, reason: string): Promise<Retention> =>
  call(path('cases', caseId, 'hold'), { method: 'POST', body: { reason } })

export const liftHold = (caseId: string, reason: string): Promise<Retention> =>
  call(path('cases', caseId, 'hold', 'lift'), { method: 'POST', body: { reason } })
