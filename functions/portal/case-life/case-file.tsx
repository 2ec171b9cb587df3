import type { CaseRecord } from '../../../shared/cases/records.ts'
import { HistorySection } from './history-section.tsx'
import { NotesSection } from './notes-section.tsx'

/** What people wrote about a case, and what happened to it. Loaded after the verdict, which comes first. */
export default function CaseFile({ record }: { readonly record: CaseRecord }) {
  const { caseId, revision, closedAt, status } = record
  return (
    <div className="case-file">
      <NotesSection key={caseId} caseId={caseId} />
      <HistorySection key={`${caseId} ${revision} ${closedAt} ${status}`} caseId={caseId} />
    </div>
  )
}
