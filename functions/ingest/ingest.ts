import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import type { IdKind } from '../../shared/cases/ids.ts'
import { emptyRetention, keepDump } from '../../shared/cases/life/retention.ts'
import { type DumpId, parseDumpKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import type { DumpWithContent } from '../../shared/cases/store.ts'
import { pinDump } from '../../shared/cases/transitions.ts'
import { recordEvent } from '../api/record-event.ts'
import type { SendStage } from '../aws/stage-queues.ts'
import { type LookPorts, lookAtUpload } from './look-at-upload.ts'
import { type RecognisePorts, recognise } from './recognise.ts'
import type { UploadedObject } from './upload-event.ts'

export type IngestPorts = RecognisePorts &
  LookPorts & {
    readonly send: SendStage
    readonly now: () => Date
    readonly newId: (kind: IdKind) => string
    readonly engineVersion: string
  }

/**
 * What became of a reported object: `foreign` and `unknown` objects belong to no dump, `other-version` to one that is
 * pinned to another. `same-as`: its bytes were there before, as another dump.
 */
export type Ingested = 'begun' | 'already-begun' | 'same-as' | 'foreign' | 'unknown' | 'other-version'

export type IngestedDump = {
  readonly end: Ingested
  readonly analysisId?: string
  readonly traceId?: string | null
  readonly sameAs?: DumpWithContent
}

/**
 * Begins the analysis of an uploaded dump. S3 reports at least once and in any order, and may do so before the API has
 * confirmed the upload (or instead, if the client went away): then the dump is pinned here. A repeat finds everything
 * begun and does nothing.
 */
export const ingest = async (ports: IngestPorts, { key, ...object }: UploadedObject): Promise<IngestedDump> => {
  const id = parseDumpKey(key)
  if (id === null) return { end: 'foreign' }
  const store = ports.store(id.tenant)
  const at = ports.now()
  const { record: dump, refused } = await store.dumps.change(id, (record) => pinDump(record, object, at))
  if (dump === null) return { end: 'unknown' }
  // Nobody confirms a dump that came in a single request.
  if (refused === undefined && dump.uploadId === null) await recordPut(ports, id, dump)
  if (dump.status !== 'uploaded' || dump.etag !== object.etag || dump.versionId !== object.versionId)
    return { end: 'other-version' }

  return begin(ports, id, dump)
}

/** Begins the analysis of a dump that is in storage, or tells its first stage once more if nobody has taken it up. */
export const begin = async (ports: IngestPorts, id: DumpId, dump: DumpRecord): Promise<IngestedDump> => {
  const sameAs = await recognise(ports, id, dump)
  if (sameAs !== null) return { end: 'same-as', sameAs }
  const { engineVersion } = ports
  const { lane = 'normal', traceId = null } = dump
  await keep(ports, id)
  const looked = await lookAtUpload(ports, id, dump)
  const { analysisId, waiting, first } = await beginAnalysis(ports.store(id.tenant), looked, {
    analysisId: ports.newId('analysis'),
    engineVersion,
    at: ports.now(),
  })
  if (!waiting) return { end: 'already-begun', analysisId, traceId }
  await ports.send({ ...id, analysisId, stage: first, attempt: 1, lane, traceId })
  return { end: 'begun', analysisId, traceId }
}

/** From now on the dump is kept until its time is over. */
const keep = async ({ store, now }: IngestPorts, { tenant, caseId, dumpId }: DumpId): Promise<void> => {
  const { retention } = store(tenant)
  await retention.insert({ caseId }, emptyRetention(caseId, now()))
  await retention.change({ caseId }, (record) => keepDump(record, dumpId, now()))
}

const recordPut = async (ports: IngestPorts, { tenant, caseId }: DumpId, dump: DumpRecord): Promise<void> => {
  const caller = { subject: typeof dump.linkId === 'string' ? `link:${dump.linkId}` : 'dumpline' }
  const statement = `The dump ${dump.fileName} was uploaded.`
  await recordEvent({ tenant, caller }, ports, { caseId, action: 'upload.completed', statement })
}
