import type { Analysis } from '../analysis/analysis.ts'
import type { AnalysisFacts } from './records.ts'
import type { Outcome } from './transitions.ts'

/** What the list of cases shows of an analysis. The driver is the culprit's name, or the best suspect's. */
export const outcomeOf = ({ headline, verdict, findings }: Analysis): Outcome => {
  const named = (['culprit', 'suspects'] as const)
    .flatMap((status) => findings.filter((finding) => finding.status === status))
    .flatMap((finding) => finding.candidates.filter((candidate) => candidate.kind === 'module'))
  return { headline, verdict, driver: named[0]?.name ?? null }
}

/** What is told of a finished analysis where many are asked about at once. */
export const factsOf = ({ engine, dump }: Pick<Analysis, 'engine' | 'dump'>): AnalysisFacts => ({
  data: engine.data,
  build: dump.build,
  architecture: dump.architecture,
  refused: dump.refusal !== undefined,
})
