import type { Evidence } from '../../../../shared/analysis/finding.ts'
import { Mono, Untrusted } from '../../format/untrusted.tsx'
import { AddressLink } from '../details/address-link.tsx'
import type { TranscriptIndex } from '../details/transcript-index.ts'

type EvidenceListProps = {
  readonly side: 'for' | 'against'
  readonly evidence: readonly Evidence[]
  readonly transcript: TranscriptIndex
}

/** All that speaks for or against a candidate, the weightiest first. */
export const EvidenceList = ({ side, evidence, transcript }: EvidenceListProps) => (
  <section className={`evidence evidence-${side}`}>
    <h4>
      {side === 'for' ? 'For' : 'Against'} ({evidence.length})
    </h4>
    {evidence.length === 0 ? (
      <p className="quiet">{side === 'for' ? 'Nothing speaks for it.' : 'Nothing speaks against it.'}</p>
    ) : (
      <ul>
        {evidence
          .toSorted((a, b) => b.weight - a.weight)
          .map((item, index) => (
            // The list is sorted once and never edited
            <li key={index}>
              <Untrusted text={item.statement} />
              <span className="evidence-source">
                {item.address !== undefined && <AddressLink address={item.address} transcript={transcript} />}
                {item.module !== undefined && <Mono text={item.module} />}
                <span title="How much it counts">weight {Number(item.weight.toFixed(2))}</span>
              </span>
            </li>
          ))}
      </ul>
    )}
  </section>
)
