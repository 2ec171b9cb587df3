import type { CaseRecord } from '../../../shared/cases/records.ts'

/** Known cases with fresher copies put in their place and new ones added; newest first. */
export const mergeNewest = (known: readonly CaseRecord[], fresh: readonly CaseRecord[]): CaseRecord[] => {
  const byId = new Map([...known, ...fresh].map((record) => [record.caseId, record]))
  return [...byId.values()].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
}
