import type { CaseList } from '../../../shared/cases/api.ts'
import type { CaseRecord } from '../../../shared/cases/records.ts'

const timeOf = ({ createdAt }: CaseRecord): number => Date.parse(createdAt)

/**
 * What is known with the newest page put in: it says all there is to say of its own span of time, so that a case which
 * matches no more goes. Newest first.
 */
export const mergeNewest = (known: readonly CaseRecord[], { cases, nextCursor }: CaseList): CaseRecord[] => {
  if (nextCursor === null) return [...cases]
  const oldest = Math.min(...cases.map(timeOf))
  const fresh = new Set(cases.map(({ caseId }) => caseId))
  return [...cases, ...known.filter((record) => timeOf(record) <= oldest && !fresh.has(record.caseId))]
}
