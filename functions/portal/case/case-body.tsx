import { useCallback } from 'react'
import { useSearchParams } from 'react-router'
import type { CaseDetail } from '../../../shared/cases/api.ts'
import { ApiError, messageOf } from '../api/api-error.ts'
import { getAnalysis } from '../api/client.ts'
import { usePolled } from '../api/use-polled.ts'
import { useMay } from '../identity/use-session.ts'
import { Loading } from '../loading.tsx'
import { Notice } from '../notice.tsx'
import { AnalysisReport } from './analysis-report.tsx'
import { CaseActions } from './case-actions.tsx'
import { analysisStamp, type CaseState, caseState } from './case-state.ts'
import { RawMemorySection } from './details/raw-memory-section.tsx'
import { DumpLine } from './dump-line.tsx'
import { FullScan } from './full-scan.tsx'
import { StageList } from './stage-list.tsx'
import { standingOf } from './standing.ts'
import { StateBanner } from './state-banner.tsx'

const fetchedOnce = (): boolean => true

type CaseBodyProps = { readonly detail: CaseDetail; readonly refresh: () => void }

/** What a case shows below its title: the dump, where it stands, and the analysis as far as there is one. */
export const CaseBody = ({ detail, refresh }: CaseBodyProps) => {
  const [search] = useSearchParams()
  const state = caseState(detail, search.get('dump'))
  const stamp = analysisStamp(state)
  return (
    <>
      <DumpLine detail={detail} state={state} />
      {stamp === null || !('analysis' in state) ? (
        <>
          <StateBanner state={state} caseId={detail.case.caseId} />
          {'stages' in state && (
            <StageList stages={state.stages} running={state.phase === 'running'} spent={state.spent} />
          )}
        </>
      ) : (
        <Analysed detail={detail} state={state} stamp={stamp} refresh={refresh} />
      )}
    </>
  )
}

type AnalysedProps = CaseBodyProps & {
  readonly state: Extract<CaseState, { analysis: unknown }>
  readonly stamp: string
}

const Analysed = ({ detail, state, stamp, refresh }: AnalysedProps) => {
  const { caseId } = detail.case
  const mayLook = useMay('dumps:read')
  const { dumpId } = state.dump
  const { analysisId } = state.analysis
  const load = useCallback(
    (signal: AbortSignal) => getAnalysis(caseId, dumpId, analysisId, signal),
    [caseId, dumpId, analysisId],
  )
  const { value: analysis, error } = usePolled(`${dumpId} ${stamp}`, load, fetchedOnce)
  const stages = <StageList stages={state.stages} running={state.phase === 'running'} spent={state.spent} />
  if (analysis !== undefined)
    return (
      <AnalysisReport
        analysis={analysis}
        standing={standingOf(state)}
        stages={stages}
        actions={
          state.phase === 'done' && (
            <CaseActions detail={detail} ids={{ caseId, dumpId, analysisId }} analysis={analysis} />
          )
        }
        fullScan={<FullScan detail={detail} state={state} analysis={analysis} refresh={refresh} />}
        rawMemory={mayLook ? <RawMemorySection key={dumpId} caseId={caseId} dumpId={dumpId} /> : undefined}
      />
    )

  // An analysis that runs or failed may have nothing to show: 404, or 409 for not done.
  const nothingStored = error instanceof ApiError && [404, 409].includes(error.status)
  return (
    <>
      {state.phase !== 'done' && <StateBanner state={state} caseId={caseId} />}
      {stages}
      {error === undefined && <Loading what="the analysis" />}
      {error !== undefined && !(nothingStored && state.phase !== 'done') && (
        <Notice
          tone={error instanceof ApiError && error.status === 410 ? 'neutral' : 'bad'}
          title="The analysis cannot be shown"
        >
          <p>{messageOf(error)}</p>
        </Notice>
      )}
    </>
  )
}
