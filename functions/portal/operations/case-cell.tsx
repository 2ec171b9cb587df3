import { Link } from 'react-router'
import { Untrusted } from '../format/untrusted.tsx'

/** The case that something is about. */
export const CaseCell = ({ caseId, title }: { readonly caseId: string; readonly title: string | null }) => (
  <Link to={`/cases/${encodeURIComponent(caseId)}`}>
    <Untrusted text={title ?? 'A case that is gone'} />
  </Link>
)
