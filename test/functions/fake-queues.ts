import type { QueueWatch, RawLetter } from '../../functions/aws/queue-watch.ts'
import { type Lane, lanes } from '../../shared/cases/lane.ts'
import type { Move } from '../../shared/cases/operations/operations-api.ts'
import { QueueOwner } from '../../shared/cases/operations/queue-owner.ts'
import { start } from '../cases/records.ts'

const withoutLanes: readonly QueueOwner[] = ['ingest', 'reprocess', 'announce', 'webhooks']

/** The queues as an operator sees them. Nothing waits in them but dead letters, which a test puts there. */
export const fakeQueues = () => {
  const letters = new Map<QueueOwner, RawLetter[]>()
  const moves = new Map<QueueOwner, Move>()
  const watch: QueueWatch = {
    waiting: async () =>
      QueueOwner.options.flatMap((queue) => {
        const ofLane: readonly (Lane | null)[] = withoutLanes.includes(queue) ? [null] : lanes
        return ofLane.map((lane) => ({ queue, lane, waiting: 0, inFlight: 0, delayed: 0 }))
      }),
    deadLetters: async () =>
      QueueOwner.options.map((queue) => ({
        queue,
        messages: letters.get(queue)?.length ?? 0,
        move: moves.get(queue) ?? null,
      })),
    peek: async (owner) => letters.get(owner) ?? [],
    redrive: async (owner) => {
      if (moves.get(owner)?.status === 'running') return 'running'
      const moved = letters.get(owner)?.length ?? 0
      if (moved > 0)
        moves.set(owner, { status: 'running', startedAt: start.toISOString(), moved: 0, toMove: moved, failure: null })
      return moved
    },
  }
  return { watch, letters }
}
