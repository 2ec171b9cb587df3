import type { AnalysisFacts, AnalysisRecord, CaseRecord } from '../records.ts'
import { type CaseQuery, matches, planQuery } from '../search/case-query.ts'
import type { BatchQuery } from './batch.ts'

/** What of the query a search for cases can answer. */
export const casePart = ({
  caseIds: _ids,
  engineOlderThan: _engine,
  buildFrom: _from,
  buildTo: _to,
  architecture: _architecture,
  ...query
}: BatchQuery): CaseQuery => query

/** Whether a case is one of those that are meant, as far as its record tells. */
export const matchesCase = (record: CaseRecord, query: BatchQuery): boolean =>
  (query.caseIds === undefined || query.caseIds.includes(record.caseId)) && matches(record, planQuery(casePart(query)))

/** Whether a dump is one of those that are meant. What is not known of it matches no condition. */
export const matchesDump = (
  current: Pick<AnalysisRecord, 'engineVersion'> | null,
  facts: AnalysisFacts | null,
  { engineOlderThan, buildFrom, buildTo, architecture }: BatchQuery,
): boolean => {
  const build = facts?.build ?? null
  return (
    (engineOlderThan === undefined || (current !== null && isOlder(current.engineVersion, engineOlderThan))) &&
    (buildFrom === undefined || (build !== null && build >= buildFrom)) &&
    (buildTo === undefined || (build !== null && build <= buildTo)) &&
    (architecture === undefined || (facts !== null && architecture.includes(facts.architecture)))
  )
}

/** An exclusion that says nothing would exclude everything, which nobody means. */
export const hasExclusion = (exclude: BatchQuery): boolean =>
  Object.values(exclude).some((value) => value !== undefined)

/** Versions by their numbers: 0.9.1 is older than 0.10.0. What is not a number counts as 0. */
const isOlder = (version: string, than: string): boolean => {
  const [a, b] = [version, than].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index] ?? 0, b[index] ?? 0]
    if (left !== right) return left < right
  }
  return false
}
