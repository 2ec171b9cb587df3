import { type Due, dueWork } from '../../shared/cases/due.ts'
import type { Table } from '../../shared/cases/table.ts'
import type { TellEnd } from '../aws/announce-queue.ts'
import type { Backlog, SendShard } from '../aws/stage-queues.ts'
import type { IngestPorts } from '../ingest/ingest.ts'
import { type SweptAnalysis, sweepAnalysis } from './sweep-analysis.ts'
import { type SweptCase, sweepCase } from './sweep-case.ts'
import { type DumpSweepPorts, type SweptDump, sweepDump } from './sweep-dump.ts'

export type SweepPorts = IngestPorts &
  DumpSweepPorts & {
    readonly table: Table
    readonly backlog: Backlog
    readonly sendShard: SendShard
    readonly tellEnd: TellEnd
  }

/** What became of one thing that was due. `error`: its sweep threw; the others go on. */
export type Swept = { readonly due: Due } & (
  | { readonly end: SweptDump | SweptCase }
  | SweptAnalysis
  | { readonly end: 'error'; readonly error: unknown }
)

export type SweepLimits = {
  /** How many things one run looks at. What is left over is first next time. */
  readonly most: number
  /** Milliseconds one run may take; it looks at nothing new after that. */
  readonly withinMs: number
}

/**
 * One run of the sweep: looks at whatever is due, the longest overdue first, and brings on what is stuck. Everything it
 * does may be done twice, and a run that is killed is made good by the next: an item stays due until it has been dealt
 * with.
 */
export const sweep = async (
  ports: SweepPorts,
  { most, withinMs }: SweepLimits,
  report: (swept: Swept) => void,
): Promise<void> => {
  const start = ports.now()
  const backlog = remembered(ports.backlog)
  for (const due of await dueWork(ports.table, start, most)) {
    if (ports.now().getTime() - start.getTime() >= withinMs) return
    try {
      const swept =
        'analysisId' in due
          ? await sweepAnalysis({ ...ports, backlog }, due)
          : 'dumpId' in due
            ? { end: await sweepDump(ports, due) }
            : { end: await sweepCase(ports, due) }
      report({ due, ...swept })
    } catch (error) {
      report({ due, end: 'error', error })
    }
  }
}

/** A queue is asked once a run: a run does not last, and SQS's figure lags anyway. */
const remembered = (backlog: Backlog): Backlog => {
  const known = new Map<string, Promise<number>>()
  return (owner, lane) => {
    const name = `${owner} ${lane}`
    const waiting = known.get(name) ?? backlog(owner, lane)
    known.set(name, waiting)
    return waiting
  }
}
