import type { Finding, Verdict } from '../../../shared/analysis/finding.ts'

/** How a verdict or state is coloured; always beside words, never instead of them. */
export type Tone = 'bad' | 'caution' | 'good' | 'neutral' | 'busy'

type Words = { readonly label: string; readonly tone: Tone }

export const verdictWords: Record<Verdict, Words> = {
  culprit: { label: 'Culprit found', tone: 'bad' },
  suspects: { label: 'Suspects', tone: 'caution' },
  inconclusive: { label: 'Inconclusive', tone: 'neutral' },
  healthy: { label: 'Healthy', tone: 'good' },
  'not-determinable': { label: 'Not determinable', tone: 'neutral' },
}

export const findingWords: Record<Finding['status'], Words> = {
  culprit: { label: 'Culprit', tone: 'bad' },
  suspects: { label: 'Suspects', tone: 'caution' },
  inconclusive: { label: 'Inconclusive', tone: 'neutral' },
  'not-determinable': { label: 'Not determinable', tone: 'neutral' },
  information: { label: 'For information', tone: 'neutral' },
}

/** For a list, where a case without a verdict has not been analysed to the end. */
export const verdictOrPending = (verdict: Verdict | null): Words =>
  verdict === null ? { label: 'No verdict yet', tone: 'busy' } : verdictWords[verdict]
