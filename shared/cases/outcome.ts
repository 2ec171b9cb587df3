import type { Analysis } from '../analysis/analysis.ts'
import type { AnalysisFacts } from './records.ts'
import { leadFinding, moduleOf, signatureOf } from './search/signature.ts'
import type { Outcome } from './transitions.ts'

/** What a case shows of an analysis. The driver is the culprit's name, or the best suspect's. */
export const outcomeOf = (analysis: Analysis): Outcome => {
  const { headline, verdict, findings, dump, modules } = analysis
  const named = (['culprit', 'suspects'] as const)
    .flatMap((status) => findings.filter((finding) => finding.status === status))
    .flatMap((finding) => finding.candidates.filter((candidate) => candidate.kind === 'module'))[0]
  const { bugcheck, crashedAt } = dump
  return {
    headline,
    verdict,
    driver: named?.name ?? null,
    driverVersion: (named && moduleOf(named, modules)?.version) ?? null,
    tag: leadFinding(findings)?.tag ?? null,
    bugcheck: bugcheck === null ? null : { code: bugcheck.code, name: bugcheck.name },
    crashedAt,
    signature: signatureOf(analysis),
  }
}

/** What is told of a finished analysis where many are asked about at once. */
export const factsOf = ({ engine, dump }: Pick<Analysis, 'engine' | 'dump'>): AnalysisFacts => ({
  data: engine.data,
  build: dump.build,
  architecture: dump.architecture,
  refused: dump.refusal !== undefined,
})
