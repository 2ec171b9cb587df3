import { type ReactNode, useMemo } from 'react'
import type { Analysis } from '../../../shared/analysis/analysis.ts'
import { SectionBoundary } from '../section-boundary.tsx'
import { CoverageSection } from './details/coverage-section.tsx'
import { DetailTabs } from './details/detail-tabs.tsx'
import { HasRawMemory } from './details/raw-memory-context.ts'
import { indexTranscript } from './details/transcript-index.ts'
import { FindingSection } from './findings/finding-section.tsx'
import { rankedFindings } from './findings/lead-finding.ts'
import { VerdictPanel } from './findings/verdict-panel.tsx'
import { PrintReport, usePrinting } from './report/print-report.ts'
import { PrintedDetails } from './report/printed-details.tsx'
import type { Standing } from './standing.ts'

type AnalysisReportProps = {
  readonly analysis: Analysis
  readonly standing: Standing
  readonly actions?: ReactNode
  readonly stages?: ReactNode
  /** The offer to scan all pages, where they were not. */
  readonly fullScan?: ReactNode
  /** The look at raw memory, for those who may. */
  readonly rawMemory?: ReactNode
}

/** One dump's analysis, the answer first and what it rests on after it. */
export const AnalysisReport = ({ analysis, standing, actions, stages, fullScan, rawMemory }: AnalysisReportProps) => {
  const { transcript: printsTranscript, print } = usePrinting()
  const transcript = useMemo(() => indexTranscript(analysis.transcript), [analysis])
  const findings = useMemo(() => rankedFindings(analysis.findings), [analysis])
  return (
    <HasRawMemory value={rawMemory !== undefined && analysis.dump.refusal === undefined}>
      <PrintReport value={print}>
        <VerdictPanel analysis={analysis} standing={standing} actions={actions} />
      </PrintReport>
      {stages}
      {findings.map((finding, index) => (
        <FindingSection key={finding.id} finding={finding} lead={index === 0} transcript={transcript} />
      ))}
      {analysis.dump.refusal === undefined && (
        <CoverageSection coverage={analysis.coverage}>{fullScan}</CoverageSection>
      )}
      <SectionBoundary what="The details">
        <DetailTabs analysis={analysis} transcript={transcript} rawMemory={rawMemory} />
        <PrintedDetails analysis={analysis} transcript={printsTranscript} />
      </SectionBoundary>
    </HasRawMemory>
  )
}
