import type { Lane } from '../../../shared/cases/lane.ts'
import type { DeadLetter } from '../../../shared/cases/operations/dead-letters.ts'
import type { QueueOwner } from '../../../shared/cases/operations/queue-owner.ts'

/** In the order in which a dump comes to the queues. */
export const ownerWords: Record<QueueOwner, { readonly name: string; readonly does: string }> = {
  ingest: { name: 'Ingest', does: 'uploads that are complete' },
  unpack: { name: 'Unpack', does: 'dumps out of archives' },
  header: { name: 'Header', does: 'the first stage' },
  pool: { name: 'Pool', does: 'tables and tags' },
  scan: { name: 'Scan', does: 'shards of the pool stage' },
  imports: { name: 'Imports', does: 'who calls the allocators' },
  verdict: { name: 'Verdict', does: 'the last stage' },
  reprocess: { name: 'Batches', does: 'steps of old cases done again' },
  announce: { name: 'Announce', does: 'ends of analyses told to others' },
  webhooks: { name: 'Webhooks', does: 'requests to receivers' },
}

export const laneWords: Record<Lane, string> = {
  interactive: 'Interactive',
  normal: 'Normal',
  reprocessing: 'Reprocessing',
}

export const owners = Object.keys(ownerWords) as QueueOwner[]
export const lanes = Object.keys(laneWords) as Lane[]

export const effectWords: Record<DeadLetter['effect'], string> = {
  'tries-again': 'The stage is tried again',
  nothing: 'Nothing: the stage is settled',
  'not-known': 'It is taken up again',
}

/** `1 dead letter`, `3 dead letters`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
