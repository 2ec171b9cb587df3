import type { KeyedDump } from '../../shared/cases/item-keys.ts'
import { giveDumpBack } from '../../shared/cases/links/upload-link.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import { putLifeMs, uploadLifeDays, uploadLifeMs } from '../../shared/cases/patience.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import { abortDump, lookAtDumpAgain, showStatus } from '../../shared/cases/transitions.ts'
import { recordEvent } from '../api/record-event.ts'
import type { MultipartUpload } from '../aws/multipart-uploads.ts'
import { begin, type IngestPorts, ingest } from '../ingest/ingest.ts'

export type DumpSweepPorts = {
  /** Has S3 drop the parts of an upload, whether or not it still knows it. */
  readonly abort: (upload: MultipartUpload) => Promise<void>
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
  const lifeMs = dump.uploadId === null ? putLifeMs : uploadLifeMs
  if (at.getTime() - Date.parse(dump.createdAt) < lifeMs) return 'uploading'
  await abandon(ports, id, dump)
  return 'abandoned'
}

/** Gives an upload up that nobody finished: the case says so, S3 drops its parts, and its link may be used again for it. */
const abandon = async (ports: IngestPorts & DumpSweepPorts, id: KeyedDump, dump: DumpRecord): Promise<void> => {
  const store = ports.store(id.tenant)
  const { caseId, dumpId, linkId, uploadId } = dump
  // Before its record says so: whoever is interrupted here comes again.
  const upload = typeof uploadId === 'string' ? await store.uploads.get({ caseId, uploadId }) : null
  if (upload !== null) await ports.abort({ key: dumpKey(id), multipartId: upload.multipartId })
  const time = uploadId === null ? 'a day' : `${uploadLifeDays} days`
  const note = `Nobody finished this upload within ${time}, so it was given up and what had arrived was deleted.`
  const aborted = await store.dumps.change(id, (record) => abortDump(record, note))
  await store.cases.change(id, (record) => showStatus(record, null, 'empty'))
  if (typeof linkId === 'string')
    await store.uploadLinks.change({ caseId, linkId }, (link) => giveDumpBack(link, dumpId))
  if (aborted.refused !== undefined) return
  const by = { tenant: id.tenant, caller: { subject: 'dumpline' } }
  await recordEvent(by, ports, { caseId, action: 'upload.abandoned', statement: note })
}
