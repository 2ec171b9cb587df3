import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { Analysis } from '../../../shared/analysis/analysis.ts'
import type { CaseDetail } from '../../../shared/cases/api.ts'
import { type AnalysisIds, getReport } from '../api/reports-client.ts'
import { useWhyNot } from '../identity/use-session.ts'
import { LinkButton } from '../link-button.tsx'
import { ReportActions } from './report/report-actions.tsx'
import { VendorLinksDialog } from './report/vendor-links-dialog.tsx'

type CaseActionsProps = { readonly detail: CaseDetail; readonly ids: AnalysisIds; readonly analysis: Analysis }

/** What can be done with a finished analysis. */
export const CaseActions = ({ detail, ids, analysis }: CaseActionsProps) => {
  const [sharing, setSharing] = useState(false)
  const whyNoLink = useWhyNot('cases:write')
  const analysed = detail.dumps.filter(({ analyses }) => analyses.some((one) => one.analysis.status === 'done'))
  return (
    <div className="case-actions actions">
      <ReportActions
        analysis={analysis}
        name={`dumpline-${ids.dumpId}`}
        report={(format, transcript) => getReport(ids, format, transcript)}
      />
      <Button
        iconName="share"
        disabled={whyNoLink !== null}
        disabledReason={whyNoLink ?? ''}
        onClick={() => setSharing(true)}
      >
        Vendor link
      </Button>
      {analysed.length > 1 && (
        <LinkButton to={`/cases/${encodeURIComponent(ids.caseId)}/compare`}>Compare dumps</LinkButton>
      )}
      {sharing && <VendorLinksDialog caseId={ids.caseId} dumpId={ids.dumpId} close={() => setSharing(false)} />}
    </div>
  )
}
