import { Analysis } from '../../shared/analysis/analysis.ts'
import type { BatchItem } from '../../shared/cases/batches/batch.ts'
import { endItem, type ItemEnd } from '../../shared/cases/batches/batch-transitions.ts'
import { differenceOf } from '../../shared/cases/batches/difference.ts'
import { type AnalysisId, analysisKey } from '../../shared/cases/object-keys.ts'
import type { StageRecord } from '../../shared/cases/records.ts'
import { stages } from '../../shared/cases/stage.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import { spentOn } from '../../shared/cost/estimate.ts'
import type { Documents } from '../aws/documents.ts'
import { deleted } from './launch.ts'
import type { ReprocessPorts } from './ports.ts'

type SettlePorts = Pick<ReprocessPorts, 'store' | 'batches' | 'documents' | 'now'>

/** Looks whether an item's analysis has ended, and writes down how. The item as it then stands. */
export const settle = async (ports: SettlePorts, tenant: string, item: BatchItem): Promise<BatchItem> => {
  const end = await endOf(ports, tenant, item)
  if (end === null) return item
  const ended = await ports.batches(tenant).items.change(item, (record) => endItem(record, end, ports.now()))
  return ended.record ?? item
}

/** Null while it is under way. */
const endOf = async (ports: SettlePorts, tenant: string, item: BatchItem): Promise<ItemEnd | null> => {
  const { caseId, dumpId, analysisId, earlierId } = item
  if (analysisId === null) return null
  const store = ports.store(tenant)
  const id = { tenant, caseId, dumpId, analysisId }
  const [record, analysis] = await Promise.all([store.cases.get({ caseId }), store.analyses.get(id)])
  if (record === null || analysis === null) return { state: 'impossible', note: deleted }
  if (analysis.status === 'running') return null

  const earlier = earlierId === null ? null : { ...id, analysisId: earlierId }
  const [records, shards, before] = await Promise.all([
    stagesOf(store, id),
    store.shardsOf({ ...id, stage: 'pool' }),
    earlier ? stagesOf(store, earlier) : [],
  ])
  const dollars = spentOn({ stages: records, ...(shards.length === 0 ? {} : { shards: shards[0] }) })
  const lost = records.find(
    ({ stage, status }) => status === 'failed' && before.find((one) => one.stage === stage)?.status !== 'failed',
  )
  if (analysis.status === 'failed' || lost !== undefined) {
    const failed = lost ?? records.find(({ status }) => status === 'failed')
    return { state: 'failed', note: failed?.note ?? 'The analysis failed.', dollars }
  }
  const [from, to] = await Promise.all([
    earlier === null ? null : readIfDone(store, ports.documents, earlier),
    read(ports.documents, id),
  ])
  return { state: 'done', difference: differenceOf(from, to), dollars }
}

const stagesOf = async (store: CaseStore, id: AnalysisId): Promise<StageRecord[]> => {
  const records = await Promise.all(stages.map((stage) => store.stages.get({ ...id, stage })))
  return records.filter((record) => record !== null)
}

const read = async (documents: Documents, id: AnalysisId): Promise<Analysis> =>
  Analysis.parse(JSON.parse(await documents.read(analysisKey(id))))

/** An earlier analysis that failed left no document. */
const readIfDone = async (store: CaseStore, documents: Documents, id: AnalysisId): Promise<Analysis | null> =>
  (await store.analyses.get(id))?.status === 'done' ? read(documents, id) : null
