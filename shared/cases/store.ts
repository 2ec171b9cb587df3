import type { z } from 'zod'
import type { CaseDetail, ShardProgress } from './api.ts'
import { AuditEvent } from './audit.ts'
import {
  caseListPartition,
  casePartition,
  type DueKey,
  duePartition,
  type Key,
  kindOf,
  type ListKey,
  shardsPrefix,
  sortKeys,
} from './item-keys.ts'
import { AnalysisRecord, CaseRecord, DumpRecord, ShardRecord, StageRecord, UploadRecord } from './records.ts'
import type { Stage } from './stage.ts'
import type { Item, Table } from './table.ts'
import type { Refusal, Step } from './transitions.ts'
import { VendorLinkRecord } from './vendor-link.ts'

/** The outcome of a change: the record as it now stands, and why it was not changed if it was not. */
export type Changed<R> =
  | { readonly record: R; readonly refused?: never }
  | { readonly record: R | null; readonly refused: Refusal }

/** The records of one kind. `Id` is what, beside the tenant, makes the key. */
export type Collection<R, Id> = {
  get(id: Id): Promise<R | null>
  /** False when there is one already; nothing is written then. */
  insert(id: Id, record: R): Promise<boolean>
  /**
   * Reads, lets `step` decide, and writes if the record is still the one that was read; otherwise reads again. A step
   * may so be asked more than once and must not do anything by itself.
   */
  change(id: Id, step: (record: R) => Step<R>): Promise<Changed<R>>
}

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

/** Two writers of one record are rare and three rarer; more losses in a row than this are a defect. */
const mostTries = 8

const collection = <R, Id>(
  table: Table,
  schema: z.ZodType<R>,
  keyOf: (id: Id) => Key & Partial<ListKey>,
): Collection<R, Id> => ({
  get: async (id) => {
    const item = await table.get(keyOnly(keyOf(id)))
    return item === null ? null : schema.parse(item.record)
  },
  insert: (id, record) => table.put({ ...keyOf(id), ...dueKey(record), revision: 1, record }, null),
  change: async (id, step) => {
    const key = keyOf(id)
    for (let tries = 0; tries < mostTries; tries++) {
      const item = await table.get(keyOnly(key))
      if (item === null) return { record: null, refused: 'absent' }
      const record = schema.parse(item.record)
      const decided = step(record)
      if (decided.refused !== undefined) return { record, refused: decided.refused }
      const { next } = decided
      if (await table.put({ ...key, ...dueKey(next), revision: item.revision + 1, record: next }, item.revision))
        return { record: next }
    }
    throw new Error(`The record ${key.pk} ${key.sk} changed under each of ${mostTries} attempts to write it.`)
  },
})

/** An item without a time is not in the index at all. */
const dueKey = (record: unknown): Partial<DueKey> => {
  const { sweepAt } = record as { sweepAt?: string | null }
  return typeof sweepAt === 'string' ? { duePk: duePartition, dueSk: sweepAt } : {}
}

const keyOnly = ({ pk, sk }: Key): Key => ({ pk, sk })

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
