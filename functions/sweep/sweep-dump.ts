import type { KeyedDump } from '../../shared/cases/item-keys.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import { uploadLifeMs } from '../../shared/cases/patience.ts'
import { abortDump, lookAtDumpAgain, type PinnedObject, showStatus } from '../../shared/cases/transitions.ts'
import { begin, type IngestPorts, ingest } from '../ingest/ingest.ts'

export type DumpSweepPorts = {
  /** The object as it now stands; null when there is none. */
  readonly head: (key: string) => Promise<PinnedObject | null>
}

/** `begun`: it was complete and nobody had noticed. `abandoned`: nobody will finish it. */
export type SweptDump = 'begun' | 'uploading' | 'abandoned' | 'settled'

/** Looks at a dump that is not under analysis though it should be, or whose upload lasts. */
export const sweepDump = async (ports: IngestPorts & DumpSweepPorts, id: KeyedDump): Promise<SweptDump> => {
  const store = ports.store(id.tenant)
  const at = ports.now()
  const dump = await store.dumps.get(id)
  if (dump === null || typeof dump.sweepAt !== 'string' || dump.sweepAt > at.toISOString()) return 'settled'
  // First of all the next look: should this one fail, it does not stand in the way of others.
  await store.dumps.change(id, (record) => lookAtDumpAgain(record, at))
  if (dump.status === 'uploaded') {
    await begin(ports, id, dump)
    return 'begun'
  }
  const key = dumpKey(id)
  const object = await ports.head(key)
  if (object !== null) {
    await ingest(ports, { key, ...object })
    return 'begun'
  }
  if (at.getTime() - Date.parse(dump.createdAt) < uploadLifeMs) return 'uploading'
  await store.dumps.change(id, abortDump)
  await store.cases.change(id, (record) => showStatus(record, null, 'empty'))
  return 'abandoned'
}
