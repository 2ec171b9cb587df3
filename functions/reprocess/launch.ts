import type { BatchItem, BatchRecord } from '../../shared/cases/batches/batch.ts'
import { endItem, itemLaunched, launchItem } from '../../shared/cases/batches/batch-transitions.ts'
import { beginFurtherAnalysis } from '../../shared/cases/begin-analysis.ts'
import type { StageRecord } from '../../shared/cases/records.ts'
import { stages } from '../../shared/cases/stage.ts'
import { readFacts, stagesBefore, whereToBegin, whyUnreadable } from './earlier-analysis.ts'
import type { ReprocessPorts } from './ports.ts'

/**
 * Begins the new analysis of an item: first its id is written down, then it is set up, then it is sent on its way. A
 * crash in between leaves the item `launching`, and the next step launches it once more with the same id.
 */
export const launch = async (
  ports: ReprocessPorts,
  tenant: string,
  batch: BatchRecord,
  item: BatchItem,
): Promise<void> => {
  const { batchId, caseId, dumpId } = item
  const { items } = ports.batches(tenant)
  const store = ports.store(tenant)
  const impossible = async (note: string): Promise<void> =>
    void (await items.change(item, (record) => endItem(record, { state: 'impossible', note }, ports.now())))

  const [record, dump] = await Promise.all([store.cases.get({ caseId }), store.dumps.get({ caseId, dumpId })])
  if (record === null || dump === null) return impossible(deleted)
  // What it is compared with is settled with its first launch.
  const earlierId = item.state === 'launching' ? item.earlierId : dump.currentAnalysisId
  const earlier = earlierId === null ? null : await store.analyses.get({ caseId, dumpId, analysisId: earlierId })
  if (earlierId === null || earlier === null) return impossible('It has no analysis to compare with.')
  const id = { tenant, caseId, dumpId, analysisId: earlierId }
  const found = await Promise.all(stages.map((stage) => store.stages.get({ ...id, stage })))
  const records = found.filter((one): one is StageRecord => one !== null)
  const facts = await readFacts(ports.documents, id, earlier)
  const beginAt = item.state === 'launching' ? item.beginAt : whereToBegin(facts, records, batch.settings.beginAt)
  if (beginAt !== 'verdict') {
    const unreadable = await whyUnreadable(ports.head, id, dump)
    if (unreadable !== null) return impossible(unreadable)
  }

  const fresh = { analysisId: ports.newId('analysis'), earlierId, beginAt, at: ports.now() }
  const claimed = await items.change(item, (current) => launchItem(current, fresh))
  const { analysisId, state } = claimed.record ?? item
  if (analysisId === null || state !== 'launching') return
  const { waiting, tell } = await beginFurtherAnalysis(store, dump, {
    analysisId,
    engineVersion: ports.engineVersion,
    at: ports.now(),
    lane: 'reprocessing',
    traceId: dump.traceId ?? null,
    fullScan: earlier.fullScan,
    batchId,
    earlier: { analysis: earlier, stages: stagesBefore(beginAt, records) },
  })
  if (waiting)
    await ports.send({
      ...id,
      analysisId,
      stage: tell,
      attempt: 1,
      lane: 'reprocessing',
      traceId: dump.traceId ?? null,
    })
  await items.change(item, itemLaunched)
}

export const deleted = 'The case was deleted.'
