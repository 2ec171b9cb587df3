import type { Candidate, Finding } from '../../../../shared/analysis/finding.ts'

const rank: readonly Finding['status'][] = ['culprit', 'suspects', 'inconclusive', 'not-determinable', 'information']

/** Findings by what they settle: culprits first, mere information last; otherwise as the verdict ordered them. */
export const rankedFindings = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => rank.indexOf(a.status) - rank.indexOf(b.status))

/** Those whom a finding names: none unless it found a culprit or suspects, whatever candidates it lists. */
export const namedCandidates = (finding: Finding): readonly Candidate[] => {
  if (finding.status === 'culprit') return finding.candidates.slice(0, 1)
  return finding.status === 'suspects' ? finding.candidates : []
}

/** A confidence of 0..1 in whole percent, rounded down, so that 100 means certain. */
export const confidencePercent = (confidence: number): number => Math.floor(confidence * 100 + 1e-9)
