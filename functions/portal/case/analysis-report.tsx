import { type ReactNode, useMemo } from 'react'
import type { Analysis } from '../../../shared/analysis/analysis.ts'
import type { CaseState } from './case-state.ts'
import { CoverageSection } from './coverage-section.tsx'
import { DetailTabs } from './detail-tabs.tsx'
import { FindingSection } from './finding-section.tsx'
import { rankedFindings } from './lead-finding.ts'
import { indexTranscript } from './transcript-index.ts'
import { VerdictPanel } from './verdict-panel.tsx'

type AnalysisReportProps = {
  readonly analysis: Analysis
  readonly state: Extract<CaseState, { analysis: unknown }>
  readonly stages: ReactNode
}

/** One dump's analysis, the answer first and what it rests on after it. */
export const AnalysisReport = ({ analysis, state, stages }: AnalysisReportProps) => {
  const transcript = useMemo(() => indexTranscript(analysis.transcript), [analysis])
  const findings = useMemo(() => rankedFindings(analysis.findings), [analysis])
  return (
    <>
      <VerdictPanel analysis={analysis} state={state} />
      {stages}
      {findings.map((finding, index) => (
        <FindingSection key={finding.id} finding={finding} lead={index === 0} transcript={transcript} />
      ))}
      {analysis.dump.refusal === undefined && <CoverageSection coverage={analysis.coverage} />}
      <DetailTabs analysis={analysis} transcript={transcript} />
    </>
  )
}
