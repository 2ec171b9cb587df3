import { lazy, Suspense, useCallback } from 'react'
import { useParams } from 'react-router'
import { ApiError } from '../api/api-error.ts'
import { getCase } from '../api/client.ts'
import { usePolled } from '../api/use-polled.ts'
import { CaseHead } from '../case-life/case-head.tsx'
import { FailureNotice } from '../failure-notice.tsx'
import { visibleText } from '../format/visible-text.ts'
import { useMay } from '../identity/use-session.ts'
import { LinkButton } from '../link-button.tsx'
import { Loading } from '../loading.tsx'
import { CulpritNotice } from '../reprocessing/culprit-notice.tsx'
import { RetentionSection } from '../retention/retention-section.tsx'
import { SectionBoundary } from '../section-boundary.tsx'
import { UploadLinksSection } from '../upload-links/upload-links-section.tsx'
import { CaseBody } from './case-body.tsx'
import { caseSettled } from './case-state.ts'

const CaseFile = lazy(() => import('../case-life/case-file.tsx'))

export default function CasePage() {
  const { caseId = '' } = useParams()
  const mayWrite = useMay('cases:write')
  const load = useCallback((signal: AbortSignal) => getCase(caseId, signal), [caseId])
  const { value: detail, error, refresh } = usePolled(caseId, load, caseSettled)

  if (detail === undefined && error instanceof ApiError && error.status === 404) return <NoSuchCase />
  const title = detail === undefined ? 'Case' : visibleText(detail.case.title)
  return (
    <>
      <title>{`${title} · dumpline`}</title>
      {detail === undefined && <h1 className="case-title">Case</h1>}
      <FailureNotice
        title={detail ? 'This page may be out of date' : 'The case cannot be shown'}
        error={error}
        again={refresh}
      />
      {detail === undefined && error === undefined && <Loading what="the case" />}
      {detail !== undefined && (
        <>
          <CaseHead record={detail.case} refresh={refresh} />
          {detail.case.notice && <CulpritNotice caseId={caseId} notice={detail.case.notice} seen={refresh} />}
          <CaseBody detail={detail} refresh={refresh} />
          {mayWrite && <UploadLinksSection caseId={caseId} />}
          <RetentionSection key={caseId} caseId={caseId} />
          <SectionBoundary what="The notes and the history">
            <Suspense>
              <CaseFile record={detail.case} />
            </Suspense>
          </SectionBoundary>
        </>
      )}
    </>
  )
}

const NoSuchCase = () => (
  <div className="message-page">
    <title>No such case · dumpline</title>
    <h1>There is no such case</h1>
    <p>The link may be incomplete, or the case was deleted.</p>
    <LinkButton to="/">All cases</LinkButton>
  </div>
)
