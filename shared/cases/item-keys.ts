import { type Stage, stages } from './stage.ts'

/**
 * The keys of the one table. All items of a case share a partition, so that one query reads a case with its dumps,
 * uploads, analyses and stages; every key starts with its tenant.
 */
export type Key = { readonly pk: string; readonly sk: string }

/** Where the index `case-list` finds a case: all cases of a tenant, sorted by id and so by time. */
export type ListKey = { readonly listPk: string; readonly listSk: string }

export const casePartition = (tenant: string, caseId: string): string => `tenant#${tenant}#case#${caseId}`

export const caseListPartition = (tenant: string): string => `tenant#${tenant}#cases`

export const sortKeys = {
  case: () => 'case',
  dump: (id: { dumpId: string }) => `dump#${id.dumpId}`,
  upload: (id: { uploadId: string }) => `upload#${id.uploadId}`,
  analysis: (id: { dumpId: string; analysisId: string }) => `analysis#${id.dumpId}#${id.analysisId}`,
  /** The stage's rank comes before its name, so that a query returns stages in their order. */
  stage: (id: { dumpId: string; analysisId: string; stage: Stage }) =>
    `stage#${id.dumpId}#${id.analysisId}#${stages.indexOf(id.stage)}-${id.stage}`,
}

export type ItemKind = keyof typeof sortKeys

/** Which kind of item a sort key belongs to; null for a kind this version does not know. */
export const kindOf = (sk: string): ItemKind | null => {
  const kind = sk.split('#', 1)[0]
  return Object.hasOwn(sortKeys, kind) ? (kind as ItemKind) : null
}
