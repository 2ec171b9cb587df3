import type { z } from 'zod'
import type { CaseDetail, ShardProgress } from './api.ts'
import { AuditEvent } from './audit.ts'
import { type Collection, collection } from './collection.ts'
import {
  caseListPartition,
  casePartition,
  type Key,
  kindOf,
  type ListKey,
  shardsPrefix,
  sortKeys,
} from './item-keys.ts'
import { AnalysisRecord, CaseRecord, DumpRecord, ShardRecord, StageRecord, UploadRecord } from './records.ts'
import type { Stage } from './stage.ts'
import type { Item, Table } from './table.ts'
import { VendorLinkRecord } from './vendor-link.ts'

type CaseId = { readonly caseId: string }
type DumpOfCase = CaseId & { readonly dumpId: string }
type AnalysisOfDump = DumpOfCase & { readonly analysisId: string }
type StageOfAnalysis = AnalysisOfDump & { readonly stage: Stage }

/** Everything one tenant has in the table. */
export type CaseStore = {
  readonly cases: Collection<CaseRecord, CaseId>
  readonly dumps: Collection<DumpRecord, DumpOfCase>
  readonly uploads: Collection<UploadRecord, CaseId & { readonly uploadId: string }>
  readonly analyses: Collection<AnalysisRecord, AnalysisOfDump>
  readonly stages: Collection<StageRecord, StageOfAnalysis>
  readonly shards: Collection<ShardRecord, StageOfAnalysis & { readonly shard: number }>
  readonly audit: Collection<AuditEvent, CaseId & { readonly eventId: string }>
  readonly vendorLinks: Collection<VendorLinkRecord, CaseId & { readonly linkId: string }>
  /** A case's vendor links, newest first. */
  listVendorLinks(caseId: string): Promise<VendorLinkRecord[]>
  /** The shards of a stage by number; none when it was not divided. */
  shardsOf(id: StageOfAnalysis): Promise<ShardRecord[]>
  /** A case with everything in it; null when there is none. */
  detail(caseId: string): Promise<CaseDetail | null>
  /** Cases newest first, up to `limit`, older than the case `after` (null: from the newest). */
  list(limit: number, after: string | null): Promise<CaseRecord[]>
}

export const caseStore = (table: Table, tenant: string): CaseStore => {
  const inCase =
    <Id>(sortKey: (id: Id) => string) =>
    (id: Id & CaseId): Key => ({ pk: casePartition(tenant, id.caseId), sk: sortKey(id) })
  const listKey = (caseId: string): ListKey => ({ listPk: caseListPartition(tenant), listSk: caseId })
  const caseKey = inCase(sortKeys.case)

  return {
    cases: collection(table, CaseRecord, (id: CaseId) => ({ ...caseKey(id), ...listKey(id.caseId) })),
    dumps: collection(table, DumpRecord, inCase(sortKeys.dump)),
    uploads: collection(table, UploadRecord, inCase(sortKeys.upload)),
    analyses: collection(table, AnalysisRecord, inCase(sortKeys.analysis)),
    stages: collection(table, StageRecord, inCase(sortKeys.stage)),
    shards: collection(table, ShardRecord, inCase(sortKeys.shard)),
    audit: collection(table, AuditEvent, inCase(sortKeys.audit)),
    vendorLinks: collection(table, VendorLinkRecord, inCase(sortKeys['vendor-link'])),
    listVendorLinks: async (caseId) =>
      recordsOf(await table.query(casePartition(tenant, caseId)), 'vendor-link', VendorLinkRecord).reverse(),
    shardsOf: async (id) => {
      const items = await table.query(casePartition(tenant, id.caseId), shardsPrefix(id))
      return items.map((item) => ShardRecord.parse(item.record))
    },
    detail: async (caseId) => assemble(await table.query(casePartition(tenant, caseId))),
    list: async (limit, after) => {
      const start = after === null ? null : { ...caseKey({ caseId: after }), ...listKey(after) }
      const items = await table.list(caseListPartition(tenant), limit, start)
      return items.map((item) => CaseRecord.parse(item.record))
    },
  }
}

const recordsOf = <R>(items: readonly Item[], kind: keyof typeof sortKeys, schema: z.ZodType<R>): R[] =>
  items.filter((item) => kindOf(item.sk) === kind).map((item) => schema.parse(item.record))

/** Puts a partition's items together as the API shows a case. */
const assemble = (items: readonly Item[]): CaseDetail | null => {
  const [record] = recordsOf(items, 'case', CaseRecord)
  if (record === undefined) return null
  const analyses = recordsOf(items, 'analysis', AnalysisRecord)
  const stages = recordsOf(items, 'stage', StageRecord)
  const shards = recordsOf(items, 'shard', ShardRecord)
  return {
    case: record,
    dumps: recordsOf(items, 'dump', DumpRecord).map((dump) => ({
      dump,
      analyses: analyses
        .filter((analysis) => analysis.dumpId === dump.dumpId)
        .map((analysis) => ({
          analysis,
          stages: stages.filter((stage) => stage.analysisId === analysis.analysisId),
          ...progressOf(shards.filter((shard) => shard.analysisId === analysis.analysisId)),
        })),
    })),
  }
}

/** Counted from the shards' own items, of which each is one fact. */
const progressOf = (shards: readonly ShardRecord[]): { shards?: ShardProgress } => {
  const count = (status: ShardRecord['status']) => shards.filter((shard) => shard.status === status).length
  return shards.length === 0 ? {} : { shards: { of: shards[0].of, done: count('done'), failed: count('failed') } }
}
