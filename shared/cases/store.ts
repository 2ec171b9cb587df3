import { z } from 'zod'
import type { CaseDetail, ShardProgress } from './api.ts'
import { AuditEvent } from './audit.ts'
import { type Collection, collection } from './collection.ts'
import {
  auditPartition,
  casePartition,
  contentKey,
  type Key,
  kindOf,
  notePartition,
  shardsPrefix,
  sortKeys,
} from './item-keys.ts'
import { NoteRecord } from './life/note.ts'
import { RetentionRecord } from './life/retention.ts'
import { UploadLinkRecord } from './links/upload-link.ts'
import { VendorLinkRecord } from './links/vendor-link.ts'
import { Tenant } from './object-keys.ts'
import { analysisPlace, workPlace } from './operations/work-list.ts'
import { AnalysisRecord, CaseRecord, DumpRecord, ShardRecord, StageRecord, UploadRecord } from './records.ts'
import { type CaseGroup, findGroup, type GroupPage, listGroups } from './search/case-groups.ts'
import type { CaseQuery } from './search/case-query.ts'
import { type IndexedCases, indexedCases } from './search/indexed-cases.ts'
import { type SearchLimits, type SearchPage, searchCases } from './search/search.ts'
import type { Stage } from './stage.ts'
import type { Item, Table } from './table.ts'

type CaseId = { readonly caseId: string }
type DumpOfCase = CaseId & { readonly dumpId: string }
type AnalysisOfDump = DumpOfCase & { readonly analysisId: string }
type StageOfAnalysis = AnalysisOfDump & { readonly stage: Stage }

const DumpWithContent = z.object({ caseId: z.string(), dumpId: z.string() })
export type DumpWithContent = z.infer<typeof DumpWithContent>

/** Up to `limit` records older than the one with the id `before` (null: from the newest). */
export type OlderPage = { readonly limit: number; readonly before: string | null }

/** Everything one tenant has in the table. */
export type CaseStore = {
  readonly cases: IndexedCases
  readonly dumps: Collection<DumpRecord, DumpOfCase>
  readonly retention: Collection<RetentionRecord, CaseId>
  readonly uploads: Collection<UploadRecord, CaseId & { readonly uploadId: string }>
  readonly analyses: Collection<AnalysisRecord, AnalysisOfDump>
  readonly stages: Collection<StageRecord, StageOfAnalysis>
  readonly shards: Collection<ShardRecord, StageOfAnalysis & { readonly shard: number }>
  readonly audit: Collection<AuditEvent, CaseId & { readonly eventId: string }>
  readonly uploadLinks: Collection<UploadLinkRecord, CaseId & { readonly linkId: string }>
  /** Which dump was the first with such contents. */
  readonly contents: Collection<DumpWithContent, { readonly content: string }>
  /** A case's upload links, newest first. */
  listUploadLinks(caseId: string): Promise<UploadLinkRecord[]>
  readonly notes: Collection<NoteRecord, CaseId & { readonly noteId: string }>
  readonly vendorLinks: Collection<VendorLinkRecord, CaseId & { readonly linkId: string }>
  /** A case's vendor links, newest first. */
  listVendorLinks(caseId: string): Promise<VendorLinkRecord[]>
  /** The shards of a stage by number; none when it was not divided. */
  shardsOf(id: StageOfAnalysis): Promise<ShardRecord[]>
  /** A case with everything in it; null when there is none. */
  detail(caseId: string): Promise<CaseDetail | null>
  /** A page of the cases that a query means, newest first. */
  search(query: CaseQuery, limits: SearchLimits): Promise<SearchPage>
  /** Groups of cases of one cause, the largest first. */
  groups(page: { readonly limit: number; readonly cursor: string | null }): Promise<GroupPage>
  group(signature: string): Promise<CaseGroup | null>
  /** A case's events, newest first. */
  history(caseId: string, page: OlderPage): Promise<AuditEvent[]>
  /** A case's notes, newest first. */
  notesOf(caseId: string, page: OlderPage): Promise<NoteRecord[]>
}

/**
 * The one place where keys get their tenant. Throws where `tenant` is none, for example of a caller nobody knows. `now`
 * is asked when a case's search index is brought up to date.
 */
export const caseStore = (table: Table, tenant: string, now: () => Date = () => new Date()): CaseStore => {
  Tenant.parse(tenant)
  const inCase =
    <Id>(sortKey: (id: Id) => string) =>
    (id: Id & CaseId): Key => ({ pk: casePartition(tenant, id.caseId), sk: sortKey(id) })
  const placeOfWork = (work: StageRecord | ShardRecord) => workPlace(tenant, work)

  return {
    cases: indexedCases(table, tenant, now),
    dumps: collection(table, DumpRecord, inCase(sortKeys.dump)),
    retention: collection(table, RetentionRecord, inCase(sortKeys.retention)),
    uploads: collection(table, UploadRecord, inCase(sortKeys.upload)),
    analyses: collection(table, AnalysisRecord, inCase(sortKeys.analysis), (record) => analysisPlace(tenant, record)),
    stages: collection(table, StageRecord, inCase(sortKeys.stage), placeOfWork),
    audit: collection(table, AuditEvent, (id) => ({ pk: auditPartition(tenant, id.caseId), sk: sortKeys.audit(id) })),
    notes: collection(table, NoteRecord, (id) => ({ pk: notePartition(tenant, id.caseId), sk: sortKeys.note(id) })),
    shards: collection(table, ShardRecord, inCase(sortKeys.shard), placeOfWork),
    uploadLinks: collection(table, UploadLinkRecord, inCase(sortKeys['upload-link'])),
    contents: collection(table, DumpWithContent, ({ content }) => contentKey(tenant, content)),
    listUploadLinks: async (caseId) =>
      recordsOf(await table.query(casePartition(tenant, caseId)), 'upload-link', UploadLinkRecord).reverse(),
    vendorLinks: collection(table, VendorLinkRecord, inCase(sortKeys['vendor-link'])),
    listVendorLinks: async (caseId) =>
      recordsOf(await table.query(casePartition(tenant, caseId)), 'vendor-link', VendorLinkRecord).reverse(),
    shardsOf: async (id) => {
      const items = await table.query(casePartition(tenant, id.caseId), shardsPrefix(id))
      return items.map((item) => ShardRecord.parse(item.record))
    },
    detail: async (caseId) => assemble(await table.query(casePartition(tenant, caseId))),
    search: (query, limits) => searchCases(table, tenant, query, limits),
    groups: (page) => listGroups(table, tenant, page),
    group: (signature) => findGroup(table, tenant, signature),
    history: async (caseId, { limit, before }) => {
      const below = before === null ? null : sortKeys.audit({ eventId: before })
      const items = await table.page(auditPartition(tenant, caseId), below, limit)
      return items.map(({ record }) => AuditEvent.parse(record))
    },
    notesOf: async (caseId, { limit, before }) => {
      const below = before === null ? null : sortKeys.note({ noteId: before })
      const items = await table.page(notePartition(tenant, caseId), below, limit)
      return items.map(({ record }) => NoteRecord.parse(record))
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
