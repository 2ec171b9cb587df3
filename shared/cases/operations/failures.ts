import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import { fetchAll, nameOf } from '../fetch-all.ts'
import { casePartition, failurePartition, type Key, parseKey, sortKeys } from '../item-keys.ts'
import { CaseRecord, ShardRecord, StageRecord } from '../records.ts'
import { Stage } from '../stage.ts'
import type { Table } from '../table.ts'

/** A stage, or one shard of a stage, that ended failed. */
export const Failure = z.object({
  caseId: z.string(),
  title: z.string().nullable(),
  dumpId: z.string(),
  analysisId: z.string(),
  stage: Stage,
  shard: Count.nullable(),
  attempt: Count,
  failedAt: Timestamp,
  /** The sentence that its record has for people. */
  why: z.string().nullable(),
  /** Whose fault it is: of nobody knows what, or an outage, and may pass; the sweep gave it up; or it is the dump's own. */
  kind: z.enum(['unexpected', 'given-up', 'of-the-dump']),
})
export type Failure = z.infer<typeof Failure>

export type FailurePage = { readonly failures: Failure[]; readonly nextCursor: string | null }

/** A place in the list of failures. */
export const FailureCursor = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#analysis_[0-9a-z]{26}#[a-z]+(#\d{1,4})?$/,
    'is not a cursor of this list',
  )

/** Failed work, the newest first. `cursor` is that of the page before. */
export const listFailures = async (
  table: Table,
  tenant: string,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | null },
): Promise<FailurePage> => {
  const items = await table.list(failurePartition(tenant), cursor, limit + 1)
  const shown = items.slice(0, limit)
  const caseKey = ({ pk }: Key): Key => ({ pk, sk: sortKeys.case() })
  const cases = await fetchAll(table, shown.map(caseKey))
  const failures = shown.flatMap((item) => {
    const id = parseKey(caseKey(item))
    if (id === null || item.pk !== casePartition(tenant, id.caseId)) return []
    const title = CaseRecord.safeParse(cases.get(nameOf(caseKey(item)))?.record).data?.title ?? null
    return failureOf(id.caseId, title, z.union([ShardRecord, StageRecord]).parse(item.record))
  })
  return { failures, nextCursor: items.length > limit ? (shown.at(-1)?.listSk ?? null) : null }
}

const failureOf = (caseId: string, title: string | null, work: StageRecord | ShardRecord): Failure => {
  const { dumpId, analysisId, stage, attempt, finishedAt, note, retriable, givenUp } = work
  const shard = 'shard' in work ? work.shard : null
  const kind = retriable === true ? 'unexpected' : givenUp === true ? 'given-up' : 'of-the-dump'
  const common = { caseId, title, dumpId, analysisId, stage, shard, attempt }
  return { ...common, failedAt: finishedAt ?? '', why: note, kind }
}
