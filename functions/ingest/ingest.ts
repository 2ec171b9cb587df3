import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import type { IdKind } from '../../shared/cases/ids.ts'
import { type DumpId, parseDumpKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import { pinDump } from '../../shared/cases/transitions.ts'
import type { SendStage } from '../aws/stage-queues.ts'
import { type LookPorts, lookAtUpload } from './look-at-upload.ts'
import type { UploadedObject } from './upload-event.ts'

export type IngestPorts = LookPorts & {
  readonly store: (tenant: string) => CaseStore
  readonly send: SendStage
  readonly now: () => Date
  readonly newId: (kind: IdKind) => string
  readonly engineVersion: string
}

/** What became of a reported object: `foreign` and `unknown` objects belong to no dump, `other-version` to one that is pinned to another. */
export type Ingested = 'begun' | 'already-begun' | 'foreign' | 'unknown' | 'other-version'

/**
 * Begins the analysis of an uploaded dump. S3 reports at least once and in any order, and may do so before the API has
 * confirmed the upload (or instead, if the client went away): then the dump is pinned here. A repeat finds everything
 * begun and does nothing.
 */
export const ingest = async (
  ports: IngestPorts,
  { key, ...object }: UploadedObject,
): Promise<{ end: Ingested; analysisId?: string; traceId?: string | null }> => {
  const id = parseDumpKey(key)
  if (id === null) return { end: 'foreign' }
  const store = ports.store(id.tenant)
  const at = ports.now()
  const { record: dump } = await store.dumps.change(id, (record) => pinDump(record, object, at))
  if (dump === null) return { end: 'unknown' }
  if (dump.status !== 'uploaded' || dump.etag !== object.etag || dump.versionId !== object.versionId)
    return { end: 'other-version' }

  return begin(ports, id, dump)
}

/** Begins the analysis of a dump that is in storage, or tells its first stage once more if nobody has taken it up. */
export const begin = async (
  ports: IngestPorts,
  id: DumpId,
  dump: DumpRecord,
): Promise<{ end: Ingested; analysisId: string; traceId: string | null }> => {
  const { engineVersion } = ports
  const { lane = 'normal', traceId = null } = dump
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
