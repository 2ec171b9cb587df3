import { analysisStages, type Stage } from './stage.ts'

/**
 * The keys of the one table. All items of a case share a partition, so that one query reads a case with its dumps,
 * uploads, analyses and stages; every key starts with its tenant.
 */
export type Key = { readonly pk: string; readonly sk: string }

/** Where the index `due` finds what the sweep has to look at: sorted by when, across all tenants. */
export type DueKey = { readonly duePk: string; readonly dueSk: string }

/**
 * One partition holds everything that is open. It takes 1,000 writes a second, and a case makes five on its way; what is
 * settled is not in the index at all.
 */
export const duePartition = 'due'

/** The same for batches, which have a function of their own. */
export const dueBatchPartition = 'due-batches'

/** The same for what is kept of each case, and until when. */
export const dueRetentionPartition = 'due-retention'

/** What is removed when its time has come, in the same index. */
export const forgetPartition = 'forget'

/** Where the index `case-list` finds a case: all cases of a tenant, sorted by id and so by time. */
export type ListKey = { readonly listPk: string; readonly listSk: string }

/** A case with all that belongs to it: dumps, uploads, analyses, stages, shards, links, what is kept of it. */
export const casePartition = (tenant: string, caseId: string): string => `tenant#${tenant}#case#${caseId}`

/** What people did to a case, apart from it: a case is read often and whole, its past rarely and page by page. */
export const auditPartition = (tenant: string, caseId: string): string => `${casePartition(tenant, caseId)}#audit`

/** A case's notes, apart from it for the same reason. */
export const notePartition = (tenant: string, caseId: string): string => `${casePartition(tenant, caseId)}#notes`

/** Cases of one cause, counted. */
export const groupPartition = (tenant: string, signature: string): string => `tenant#${tenant}#group#${signature}`

/** Where the index `case-list` finds the groups with more than one case. */
export const groupListPartition = (tenant: string): string => `tenant#${tenant}#groups`

/** The cases that have something in common, one item each, sorted by case and so by time. */
export const entryPartition = (tenant: string, facet: string, value: string): string =>
  `tenant#${tenant}#find#${facet}#${value}`

/** A create that a client named with a key of its own. Subjects are other people's text: no `#` of theirs gets in. */
export const idempotencyPartition = (tenant: string, subject: string, key: string): string =>
  `tenant#${tenant}#idempotency#${encodeURIComponent(subject)}#${key}`

/** How often one caller asks, or without a subject all callers of the tenant. */
export const ratePartition = (tenant: string, subject: string | null): string =>
  `tenant#${tenant}#rate${subject === null ? '' : `#${encodeURIComponent(subject)}`}`

/** A tenant's webhooks, sorted by id and so by time. */
export const webhookPartition = (tenant: string): string => `tenant#${tenant}#webhooks`

/** What was sent to one webhook, sorted by event and so by time. */
export const deliveryPartition = (tenant: string, webhookId: string): string => `tenant#${tenant}#webhook#${webhookId}`

/** How often anybody asks a public route: outside all tenants, whoever has no name has none. */
export const publicRatePartition = (route: string, by: string, bucket: string): string =>
  `public-rate#${route}#${by}#${bucket}`

/** Where the index `case-list` finds all cases of a tenant. */
export const caseListPartition = (tenant: string): string => `tenant#${tenant}#cases`

/** Where the index `case-list` finds work by what became of it (shared/cases/operations/work-list.ts). */
export const runningPartition = (tenant: string): string => `tenant#${tenant}#running`
export const finishedPartition = (tenant: string): string => `tenant#${tenant}#finished`
export const failurePartition = (tenant: string): string => `tenant#${tenant}#failures`
/** `day` is `2026-05-04`. */
export const spentPartition = (tenant: string, day: string): string => `tenant#${tenant}#spent#${day}`

/** What lists of the index come to, summed up (shared/cases/operations/tally.ts). */
export const tallyKey = (listPk: string): Key => ({ pk: `${listPk}#tally`, sk: 'tally' })

/** What people did from the operations page. */
export const operationsPartition = (tenant: string): string => `tenant#${tenant}#operations`

/** A batch with its items. */
export const batchPartition = (tenant: string, batchId: string): string => `tenant#${tenant}#batch#${batchId}`

/** Where the index `case-list` finds all batches of a tenant. */
export const batchListPartition = (tenant: string): string => `tenant#${tenant}#batches`

/** The reverse of `batchPartition`; null for any other partition. */
export const parseBatchPartition = (pk: string): { tenant: string; batchId: string } | null => {
  const [, tenant, batchId] = /^tenant#([^#]+)#batch#([^#]+)$/.exec(pk) ?? []
  return batchId === undefined ? null : { tenant, batchId }
}

type StageOfDump = { readonly dumpId: string; readonly analysisId: string; readonly stage: Stage }

const ofStage = ({ dumpId, analysisId, stage }: StageOfDump): string =>
  `${dumpId}#${analysisId}#${analysisStages.indexOf(stage)}-${stage}`

/** What the sort keys of all shards of a stage begin with; four digits follow. */
export const shardsPrefix = (id: StageOfDump): string => `shard#${ofStage(id)}#`

export const sortKeys = {
  case: () => 'case',
  dump: (id: { dumpId: string }) => `dump#${id.dumpId}`,
  retention: () => 'retention',
  upload: (id: { uploadId: string }) => `upload#${id.uploadId}`,
  analysis: (id: { dumpId: string; analysisId: string }) => `analysis#${id.dumpId}#${id.analysisId}`,
  audit: (id: { eventId: string }) => `audit#${id.eventId}`,
  'upload-link': (id: { linkId: string }) => `upload-link#${id.linkId}`,
  operation: (id: { eventId: string }) => `operation#${id.eventId}`,
  note: (id: { noteId: string }) => `note#${id.noteId}`,
  group: () => 'group',
  idempotency: () => 'idempotency',
  rate: () => 'rate',
  webhook: (id: { webhookId: string }) => `webhook#${id.webhookId}`,
  delivery: (id: { eventId: string }) => `delivery#${id.eventId}`,
  'vendor-link': (id: { linkId: string }) => `vendor-link#${id.linkId}`,
  /** The stage's rank comes before its name, so that a query returns stages in their order. */
  stage: (id: StageOfDump) => `stage#${ofStage(id)}`,
  shard: (id: StageOfDump & { shard: number }) => `${shardsPrefix(id)}${String(id.shard).padStart(4, '0')}`,
}

/** Where a tenant's dump with such contents is found; another tenant's is never looked at. */
export const contentKey = (tenant: string, content: string): Key => ({
  pk: `tenant#${tenant}#content#${content}`,
  sk: 'content',
})

export type ItemKind = keyof typeof sortKeys

/** A case, dump or analysis named by its key. */
export type KeyedCase = { readonly tenant: string; readonly caseId: string }
export type KeyedDump = KeyedCase & { readonly dumpId: string }
export type KeyedAnalysis = KeyedDump & { readonly analysisId: string }

/** The ids in the key of a case, a dump or an analysis; null for a key of another kind. */
export const parseKey = ({ pk, sk }: Key): KeyedCase | KeyedDump | KeyedAnalysis | null => {
  const [, tenant, caseId] = /^tenant#([^#]+)#case#([^#]+)$/.exec(pk) ?? []
  if (tenant !== undefined && (sk === sortKeys.case() || sk === sortKeys.retention())) return { tenant, caseId }
  const [, kind, dumpId, analysisId] = /^(dump|analysis)#([^#]+)(?:#([^#]+))?$/.exec(sk) ?? []
  if (tenant === undefined || dumpId === undefined || (kind === 'analysis') !== (analysisId !== undefined)) return null
  return analysisId === undefined ? { tenant, caseId, dumpId } : { tenant, caseId, dumpId, analysisId }
}

/** Which kind of item a sort key belongs to; null for a kind this version does not know. */
export const kindOf = (sk: string): ItemKind | null => {
  const kind = sk.split('#', 1)[0]
  return Object.hasOwn(sortKeys, kind) ? (kind as ItemKind) : null
}
