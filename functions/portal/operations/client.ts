import type {
  CostReport,
  DeadLetterReport,
  FailureList,
  QueueReport,
  RedriveList,
  StartedRedrive,
  UnderWayReport,
  VersionReport,
} from '../../../shared/cases/operations/operations-api.ts'
import type { QueueOwner } from '../../../shared/cases/operations/queue-owner.ts'
import { call, create, path } from '../api/client.ts'

const get =
  <T>(name: string) =>
  (signal: AbortSignal): Promise<T> =>
    call(path('operations', name), { signal })

export const getQueues = get<QueueReport>('queues')
export const getDeadLetters = get<DeadLetterReport>('dead-letters')
export const getRedrives = get<RedriveList>('redrives')
export const getUnderWay = get<UnderWayReport>('analyses')
export const getCost = get<CostReport>('cost')
export const getVersions = get<VersionReport>('versions')

export const getFailures = (cursor: string | null, signal: AbortSignal): Promise<FailureList> => {
  const query = new URLSearchParams(cursor === null ? {} : { cursor })
  return call(`${path('operations', 'failures')}?${query}`, { signal })
}

export const sendAgain = (queue: QueueOwner): Promise<StartedRedrive> =>
  create(path('operations', 'redrives'), { body: { queue } })
