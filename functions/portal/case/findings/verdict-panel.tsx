import type { ReactNode } from 'react'
import type { Analysis } from '../../../../shared/analysis/analysis.ts'
import type { Finding } from '../../../../shared/analysis/finding.ts'
import { formatCount, formatExactBytes, formatShare } from '../../format/size.ts'
import { Mono, Untrusted } from '../../format/untrusted.tsx'
import { ToneLabel } from '../../verdict/tone-label.tsx'
import { verdictWords } from '../../verdict/verdict-words.ts'
import { BetterDump } from '../better-dump.tsx'
import { incompleteCoverage } from '../details/coverage-state.ts'
import { poolShares } from '../details/pool-shares.ts'
import { PoolSharesPicture } from '../details/pool-shares-picture.tsx'
import type { Standing } from '../standing.ts'
import { confidencePercent, namedCandidates, rankedFindings } from './lead-finding.ts'

type VerdictPanelProps = {
  readonly analysis: Analysis
  readonly standing: Standing
  readonly actions?: ReactNode
}

/** The answer: verdict, headline, who it names, and what to do next. */
export const VerdictPanel = ({ analysis, standing, actions }: VerdictPanelProps) => {
  const { refusal } = analysis.dump
  const [lead] = rankedFindings(analysis.findings)
  const { tone, label } = refusal === undefined ? verdictWords[analysis.verdict] : refusedWords
  const nextStep = refusal?.advice ?? lead?.nextStep ?? ''
  const shares = lead === undefined || lead.status === 'information' ? null : poolShares(analysis, lead)
  return (
    <section className={`verdict tone-${tone}`} aria-label="Verdict" aria-live="polite">
      <div className="verdict-head">
        <ToneLabel tone={tone} label={label} />
        {actions}
      </div>
      <p className="headline">
        <Untrusted text={analysis.headline} />
      </p>
      {refusal !== undefined && refusal.message !== analysis.headline && (
        <p className="under-headline">
          <Untrusted text={refusal.message} />
        </p>
      )}
      {lead !== undefined && lead.status !== 'information' && <KeyFigures finding={lead} />}
      {shares !== null && <PoolSharesPicture shares={shares} />}
      {nextStep !== '' && (
        <div className="next-step">
          <strong>{refusal === undefined ? 'Next step' : 'What to do'}</strong>
          <p>
            <Untrusted text={nextStep} />
          </p>
          {holdsNoPool(analysis) && <BetterDump />}
        </div>
      )}
      <Reservations analysis={analysis} standing={standing} />
    </section>
  )
}

/** Another dump of the same server could tell what this one cannot. */
const holdsNoPool = ({ dump, pool, verdict }: Analysis): boolean =>
  dump.refusal !== undefined || (verdict === 'not-determinable' && pool === null)

const refusedWords = { tone: 'neutral', label: 'Not a dump that can be analysed' } as const

const KeyFigures = ({ finding }: { readonly finding: Finding }) => {
  const named = namedCandidates(finding)
  if (named.length === 0 && finding.tag === null && finding.bytes === null) return null
  return (
    <dl className="key-figures">
      {named.map((candidate) => (
        <div key={`${candidate.name} ${candidate.base} ${candidate.pid}`} className="key-driver">
          <dt>{finding.status === 'culprit' ? 'Culprit' : 'Suspect'}</dt>
          <dd>
            <Mono text={candidate.name} />
            <small>{confidencePercent(candidate.confidence)} % confidence</small>
          </dd>
        </div>
      ))}
      {finding.tag !== null && (
        <div>
          <dt>Pool tag</dt>
          <dd>
            <Mono text={finding.tag} />
            {finding.pool !== null && <small>{finding.pool === 'paged' ? 'paged pool' : 'nonpaged pool'}</small>}
          </dd>
        </div>
      )}
      {finding.bytes !== null && (
        <div>
          <dt>Held</dt>
          <dd>
            {formatExactBytes(finding.bytes)}
            {finding.outstanding !== null && <small>{formatCount(finding.outstanding)} allocations outstanding</small>}
          </dd>
        </div>
      )}
    </dl>
  )
}

/** What a reader must not overlook before acting on the verdict. */
const Reservations = ({ analysis, standing }: Pick<VerdictPanelProps, 'analysis' | 'standing'>) => {
  const [poorest] = incompleteCoverage(analysis.coverage)
  const { physicalPages, truncated } = analysis.dump
  const sentences = [
    standing.phase === 'running' ? 'First answer: the analysis is still running and may refine it.' : null,
    standing.phase === 'failed'
      ? `The analysis stopped early (${standing.failedStages.join(', ') || 'a stage'} failed); this is what it found until then.`
      : null,
    truncated
      ? `The file is cut off${physicalPages === null ? '' : `: ${formatCount(physicalPages.present)} of ${formatCount(physicalPages.expected)} pages are present`}.`
      : null,
    poorest === undefined || analysis.dump.refusal !== undefined
      ? null
      : `Not everything could be searched: of “${poorest.area}” ${formatShare(poorest.readBytes, poorest.wantedBytes)} was read. See Coverage below.`,
  ].filter((sentence) => sentence !== null)
  if (sentences.length === 0) return null
  return (
    <ul className="reservations">
      {sentences.map((sentence) => (
        <li key={sentence}>
          <Untrusted text={sentence} />
        </li>
      ))}
    </ul>
  )
}
