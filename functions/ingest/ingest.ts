import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import type { IdKind } from '../../shared/cases/ids.ts'
import { parseDumpKey } from '../../shared/cases/object-keys.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import { pinDump } from '../../shared/cases/transitions.ts'
import type { SendStage } from '../aws/stage-queues.ts'
import type { UploadedObject } from './upload-event.ts'

export type IngestPorts = {
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
): Promise<{ end: Ingested; analysisId?: string }> => {
  const id = parseDumpKey(key)
  if (id === null) return { end: 'foreign' }
  const store = ports.store(id.tenant)
  const at = ports.now()
  const { record: dump } = await store.dumps.change(id, (record) => pinDump(record, object, at))
  if (dump === null) return { end: 'unknown' }
  if (dump.status !== 'uploaded' || dump.etag !== object.etag || dump.versionId !== object.versionId)
    return { end: 'other-version' }

  const { engineVersion } = ports
  const { analysisId, waiting } = await beginAnalysis(store, dump, {
    analysisId: ports.newId('analysis'),
    engineVersion,
    at,
  })
  if (!waiting) return { end: 'already-begun', analysisId }
  await ports.send({ ...id, analysisId, stage: 'header', attempt: 1 })
  return { end: 'begun', analysisId }
}
