import type { Finding } from '../../../../shared/analysis/finding.ts'
import { formatCount, formatExactBytes } from '../../format/size.ts'
import { Mono, Untrusted } from '../../format/untrusted.tsx'
import { ToneLabel } from '../../verdict/tone-label.tsx'
import { findingWords } from '../../verdict/verdict-words.ts'
import type { TranscriptIndex } from '../details/transcript-index.ts'
import { CandidateCard } from './candidate-card.tsx'

const kindNames: Record<string, string> = {
  'pool-leak': 'Pool leak',
  'object-leak': 'Object leak',
  'pool-exhaustion': 'Pool exhaustion',
  'hidden-module': 'Hidden module',
  'forged-module': 'Module that is no image',
  'dump-quality': 'Dump quality',
}

type FindingSectionProps = {
  readonly finding: Finding
  /** Whether the verdict panel shows this finding's figures and next step already. */
  readonly lead: boolean
  readonly transcript: TranscriptIndex
}

/** One finding: what it is about, who may be behind it with the evidence item by item, and its next step. */
export const FindingSection = ({ finding, lead, transcript }: FindingSectionProps) => (
  <section className="panel finding" data-finding={finding.id}>
    <header>
      <h2>{kindNames[finding.kind] ?? <Untrusted text={finding.kind} />}</h2>
      <ToneLabel {...findingWords[finding.status]} />
      {finding.tag !== null && (
        <span className="quiet">
          tag <Mono text={finding.tag} />
        </span>
      )}
    </header>
    <p>
      <Untrusted text={finding.summary} />
    </p>
    {!lead && finding.bytes !== null && (
      <p className="quiet">
        {formatExactBytes(finding.bytes)}
        {finding.outstanding !== null && `, ${formatCount(finding.outstanding)} allocations outstanding`}
      </p>
    )}
    {finding.candidates.map((candidate, index) => (
      <CandidateCard
        // Candidates have an order and no identity of their own
        key={index}
        candidate={candidate}
        transcript={transcript}
      />
    ))}
    {!lead && finding.nextStep !== '' && (
      <p>
        <strong>Next step: </strong>
        <Untrusted text={finding.nextStep} />
      </p>
    )}
  </section>
)
