import Button from '@cloudscape-design/components/button'
import { useCallback } from 'react'
import { useParams } from 'react-router'
import { ApiError, messageOf } from '../api/api-error.ts'
import { getCase } from '../api/client.ts'
import { usePolled } from '../api/use-polled.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { visibleText } from '../format/visible-text.ts'
import { useMay } from '../identity/use-session.ts'
import { LinkButton } from '../link-button.tsx'
import { Loading } from '../loading.tsx'
import { Notice } from '../notice.tsx'
import { RetentionSection } from '../retention/retention-section.tsx'
import { UploadLinksSection } from '../upload-links/upload-links-section.tsx'
import { CaseBody } from './case-body.tsx'
import { caseSettled } from './case-state.ts'

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
      {error !== undefined && (
        <Notice tone="bad" title={detail ? 'This page may be out of date' : 'The case cannot be shown'}>
          <p>{messageOf(error)}</p>
          <Button onClick={refresh}>Try again</Button>
        </Notice>
      )}
      {detail === undefined && error === undefined && <Loading what="the case" />}
      {detail !== undefined && (
        <>
          <h1 className="case-title">
            <Untrusted text={detail.case.title} />
          </h1>
          <CaseBody detail={detail} />
          {mayWrite && <UploadLinksSection caseId={caseId} />}
          <RetentionSection key={caseId} caseId={caseId} />
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
