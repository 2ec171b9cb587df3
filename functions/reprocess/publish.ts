import { createHash } from 'node:crypto'
import { Analysis } from '../../shared/analysis/analysis.ts'
import type { BatchItem, BatchRecord, Publication } from '../../shared/cases/batches/batch.ts'
import { notePublication } from '../../shared/cases/batches/batch-transitions.ts'
import { countAnalysis, type Succession, showInstead } from '../../shared/cases/batches/publication.ts'
import { idRandomBytes, makeId } from '../../shared/cases/ids.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import { outcomeOf } from '../../shared/cases/outcome.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { deleted } from './launch.ts'
import type { ReprocessPorts } from './ports.ts'

/** Whether publishing, or moving back, still has to look at an item in the batch's present turn. */
export const isToPublish = ({ state, publication }: BatchItem, { turn }: BatchRecord): boolean =>
  state === 'done' && (publication === null || (publication.state !== 'published' && publication.turn < turn))

/** The reverse: it was published in an earlier turn, and is to be moved back in this one. */
export const isToMoveBack = ({ publication }: BatchItem, { turn }: BatchRecord): boolean =>
  publication?.state === 'published' && publication.turn < turn

/**
 * Has the dump count its new analysis and the case show it, or leaves both as they stand and says why. The dump comes
 * first, then the case, its events, and the item last: whoever does it again after a crash does what is left.
 */
export const publish = async (
  ports: ReprocessPorts,
  tenant: string,
  batch: BatchRecord,
  item: BatchItem,
): Promise<void> => {
  const { caseId, analysisId, earlierId, difference } = item
  if (analysisId === null || earlierId === null || difference === null) return
  const record = await ports.store(tenant).cases.get({ caseId })
  const notice = difference.culpritChanged
    ? { batchId: batch.batchId, at: ports.now().toISOString(), statement: changeOfCulprit(batch, item) }
    : null
  const succession = { from: earlierId, to: analysisId }
  const reason =
    record === null
      ? deleted
      : (await isHeld(ports, tenant, caseId))
        ? 'The case is on legal hold: what it shows is not changed until the hold is lifted.'
        : await exchange(ports, tenant, item, succession, notice)
  if (reason === null) {
    const verdict = difference.verdict
    await recordEvent(ports, tenant, batch, item, {
      action: 'reprocessing.published',
      statement: `The batch “${batch.name}” gave the dump a newer analysis: ${verdict.from ?? 'no verdict'} before, ${verdict.to} now.`,
    })
    if (notice !== null)
      await recordEvent(ports, tenant, batch, item, {
        action: 'reprocessing.culprit-changed',
        statement: notice.statement,
      })
  }
  await note(ports, tenant, batch, item, { state: reason === null ? 'published' : 'kept', reason })
}

/** Has the dump count the analysis again that it counted before, and the case show it. */
export const moveBack = async (
  ports: ReprocessPorts,
  tenant: string,
  batch: BatchRecord,
  item: BatchItem,
): Promise<void> => {
  const { caseId, analysisId, earlierId } = item
  if (analysisId === null || earlierId === null) return
  const record = await ports.store(tenant).cases.get({ caseId })
  const succession = { from: analysisId, to: earlierId }
  const reason =
    record === null
      ? deleted
      : (await isHeld(ports, tenant, caseId))
        ? 'The case is on legal hold: it was not moved back.'
        : await exchange(ports, tenant, item, succession, null)
  if (reason === null)
    await recordEvent(ports, tenant, batch, item, {
      action: 'reprocessing.moved-back',
      statement: `The batch “${batch.name}” was moved back: the dump counts its earlier analysis again.`,
    })
  await note(ports, tenant, batch, item, { state: reason === null ? 'moved-back' : 'published', reason })
}

/** Null when it is done; otherwise a sentence why the dump and its case were left as they stand. */
const exchange = async (
  ports: ReprocessPorts,
  tenant: string,
  { batchId, caseId, dumpId }: BatchItem,
  succession: Succession,
  notice: CaseRecord['notice'],
): Promise<string | null> => {
  const store = ports.store(tenant)
  const counted = await store.dumps.change({ caseId, dumpId }, (dump) => countAnalysis(dump, succession))
  if (counted.refused === 'absent') return deleted
  if (counted.refused === 'conflict')
    return 'The dump was given another analysis meanwhile, by a person or another batch: it keeps that one.'
  const id = { tenant, caseId, dumpId, analysisId: succession.to }
  const earlierDone = (await store.analyses.get(id))?.status === 'done'
  if (!earlierDone) return null
  const outcome = outcomeOf(Analysis.parse(JSON.parse(await ports.documents.read(analysisKey(id)))))
  await store.cases.change({ caseId }, (record) => showInstead(record, succession, outcome, { batchId, notice }))
  return null
}

const isHeld = async (ports: ReprocessPorts, tenant: string, caseId: string): Promise<boolean> =>
  ((await ports.store(tenant).retention.get({ caseId }))?.hold ?? null) !== null

const changeOfCulprit = ({ name }: BatchRecord, { difference }: BatchItem): string => {
  const { from, to } = difference?.named ?? { from: null, to: null }
  return `The batch “${name}” changed who is named: ${from ?? 'nobody'} before, ${to ?? 'nobody'} now.`
}

const note = async (
  { batches, now }: ReprocessPorts,
  tenant: string,
  { turn }: BatchRecord,
  item: BatchItem,
  publication: Omit<Publication, 'at' | 'turn'>,
): Promise<void> => {
  const at = now().toISOString()
  await batches(tenant).items.change(item, (record) => notePublication(record, { ...publication, turn, at }))
}

/**
 * What a batch does to a case is done by whoever planned it. The event's id follows from what happened, so that it is
 * there once, however often it is written.
 */
const recordEvent = async (
  { store, now }: ReprocessPorts,
  tenant: string,
  { batchId, createdBy, turn, turnedAt }: BatchRecord,
  { caseId, dumpId, endedAt }: BatchItem,
  event: { action: string; statement: string },
): Promise<void> => {
  const digest = createHash('sha256').update([batchId, turn, dumpId, event.action].join(' ')).digest()
  // A batch that publishes at once does so when the analysis has ended.
  const since = new Date(turnedAt ?? endedAt ?? now())
  const eventId = makeId('event', since, digest.subarray(0, idRandomBytes))
  const record = { caseId, eventId, at: now().toISOString(), actor: createdBy, ...event }
  await store(tenant).audit.insert(record, record)
}
