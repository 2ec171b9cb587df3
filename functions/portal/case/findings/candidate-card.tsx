import type { Candidate } from '../../../../shared/analysis/finding.ts'
import { Mono } from '../../format/untrusted.tsx'
import type { TranscriptIndex } from '../details/transcript-index.ts'
import { EvidenceList } from './evidence-list.tsx'
import { confidencePercent } from './lead-finding.ts'

type CandidateCardProps = { readonly candidate: Candidate; readonly transcript: TranscriptIndex }

/** Someone who may be behind a finding, with all that speaks for it and against it. */
export const CandidateCard = ({ candidate, transcript }: CandidateCardProps) => {
  const percent = confidencePercent(candidate.confidence)
  return (
    <article className="candidate">
      <header>
        <h3>
          <Mono text={candidate.name} />
        </h3>
        <span className="quiet">
          {candidate.kind === 'process' ? 'process' : 'driver'}
          {candidate.base !== null && (
            <>
              {' at '}
              <Mono text={candidate.base} />
            </>
          )}
          {candidate.pid !== null && `, PID ${candidate.pid}`}
        </span>
        <span className="confidence">
          <span className="share-bar" aria-hidden="true">
            <span style={{ width: `${percent}%` }} />
          </span>
          {percent} % confidence
        </span>
      </header>
      <div className="evidence-columns">
        <EvidenceList side="for" evidence={candidate.for} transcript={transcript} />
        <EvidenceList side="against" evidence={candidate.against} transcript={transcript} />
      </div>
    </article>
  )
}
