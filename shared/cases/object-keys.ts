import { z } from 'zod'
import { isId } from './ids.ts'
import type { AnalysisRecord } from './records.ts'
import type { Stage } from './stage.ts'

/**
 * Where things lie in the bucket. Keys are made of our own ids alone: a client's file name never becomes part of one,
 * and the tenant comes first, so that a policy can be held to one tenant's prefix.
 */
export type DumpId = { readonly tenant: string; readonly caseId: string; readonly dumpId: string }
export type AnalysisId = DumpId & { readonly analysisId: string }

export const Tenant = z.string().regex(/^[a-z0-9-]{1,64}$/)

export const dumpKey = ({ tenant, caseId, dumpId }: DumpId): string => `dumps/${tenant}/${caseId}/${dumpId}`

/** What was unpacked from an upload. Not under `dumps/`: S3 reports what is uploaded there. */
export const unpackedKey = ({ tenant, caseId, dumpId }: DumpId): string => `unpacked/${tenant}/${caseId}/${dumpId}`

/** The reverse of `dumpKey`; null for any other key. */
export const parseDumpKey = (key: string): DumpId | null => {
  const [root, tenant, caseId, dumpId, ...rest] = key.split('/')
  if (root !== 'dumps' || rest.length > 0 || !Tenant.safeParse(tenant).success) return null
  return isId('case', caseId ?? '') && isId('dump', dumpId ?? '') ? { tenant, caseId, dumpId } : null
}

/** What one stage left for those after it. */
export const resultKey = (id: AnalysisId, stage: Exclude<Stage, 'verdict'>): string =>
  `${resultFolder(id)}/${stage}.json`

/** Where the result of a stage of this analysis lies: with the earlier analysis it was taken from, if it was. */
export const heldResultKey = (
  id: AnalysisId,
  { reused }: Pick<AnalysisRecord, 'reused'>,
  stage: Exclude<Stage, 'verdict'>,
): string => resultKey({ ...id, analysisId: reused?.[stage] ?? id.analysisId }, stage)

/** How a divided stage was divided, and what each of its shards found. */
export const shardPlanKey = (id: AnalysisId): string => `${resultFolder(id)}/scan/plan.json`
export const shardResultKey = (id: AnalysisId, shard: number): string =>
  `${resultFolder(id)}/scan/${String(shard).padStart(4, '0')}.json`

/** The finished `Analysis`, which is the verdict stage's result. */
export const analysisKey = (id: AnalysisId): string => `${resultFolder(id)}/analysis.json`

/** A copy of an answer, for whoever may know neither tenant nor case: `name` is random, and the bucket drops it in days. */
export const handedOutKey = (name: string): string => `handed-out/${name}`

/** What the keys of all results of a case begin with. */
export const resultsOfCase = ({ tenant, caseId }: Pick<DumpId, 'tenant' | 'caseId'>): string =>
  `results/${tenant}/${caseId}/`

const resultFolder = ({ tenant, caseId, dumpId, analysisId }: AnalysisId): string =>
  `results/${tenant}/${caseId}/${dumpId}/${analysisId}`
