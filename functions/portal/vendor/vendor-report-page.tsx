import { useCallback } from 'react'
import { useParams } from 'react-router'
import { ApiError, messageOf } from '../api/api-error.ts'
import { getSharedReport, getSharedText } from '../api/public-client.ts'
import { usePolled } from '../api/use-polled.ts'
import { AnalysisReport } from '../case/analysis-report.tsx'
import { ReportActions } from '../case/report/report-actions.tsx'
import { finishedWhole } from '../case/standing.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { formatTimestamp } from '../format/time.ts'
import { Loading } from '../loading.tsx'
import { Notice } from '../notice.tsx'

const onceIsEnough = (): boolean => true

/** One report, for whoever has its link. It has no way to anything else. */
export default function VendorReportPage() {
  const { token = '' } = useParams()
  const load = useCallback((signal: AbortSignal) => getSharedReport(token, signal), [token])
  const { value, error, refresh } = usePolled(token, load, onceIsEnough)
  return (
    <>
      <title>Report · dumpline</title>
      <header className="top-bar">
        <span className="wordmark">
          <img src="/icon.svg" alt="" width="24" height="24" />
          dumpline
        </span>
        {value !== undefined && <span className="shared-until">Shared until {formatTimestamp(value.expiresAt)}</span>}
      </header>
      <main id="main" tabIndex={-1}>
        <h1 className="case-title">Crash dump report</h1>
        {error !== undefined && <Ended error={error} again={refresh} />}
        {value === undefined && error === undefined && <Loading what="the report" />}
        {value !== undefined && (
          <AnalysisReport
            analysis={value.analysis}
            standing={finishedWhole}
            actions={
              <div className="case-actions actions">
                <ReportActions
                  analysis={value.analysis}
                  name="dumpline-report"
                  report={(format, transcript) => getSharedText(token, format, transcript)}
                />
              </div>
            }
          />
        )}
      </main>
    </>
  )
}

const Ended = ({ error, again }: { readonly error: unknown; readonly again: () => void }) => {
  const status = error instanceof ApiError ? error.status : 0
  if (status === 404)
    return (
      <Notice tone="neutral" title="There is no report at this address">
        <p>The link may be incomplete. Copy it once more from where you got it.</p>
      </Notice>
    )
  if (status === 410)
    return (
      <Notice tone="neutral" title="This report is no longer shared">
        <p>{messageOf(error)} Ask whoever sent it to you: they can make a new link, or send you their copy.</p>
      </Notice>
    )
  return <FailureNotice title="The report cannot be shown" error={error} again={again} />
}
