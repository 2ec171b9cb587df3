import type { ReactNode } from 'react'
import type { Coverage } from '../../../../shared/analysis/analysis.ts'
import { ShareBar } from '../../format/share-bar.tsx'
import { formatBytes } from '../../format/size.ts'
import { Untrusted } from '../../format/untrusted.tsx'
import { coverageSentence, incompleteCoverage, readWords, unsearchedCoverage } from './coverage-state.ts'

type CoverageSectionProps = { readonly coverage: readonly Coverage[]; readonly children?: ReactNode }

/** How much of what each search wanted was in the dump; what to do about it may follow. */
export const CoverageSection = ({ coverage, children }: CoverageSectionProps) => {
  if (coverage.length === 0) return null
  const poor = [...incompleteCoverage(coverage), ...unsearchedCoverage(coverage)]
  const ordered = [...poor, ...coverage.filter((area) => !poor.includes(area))]
  return (
    <section className="panel">
      <h2>Coverage</h2>
      <p className="quiet">{coverageSentence(coverage)}</p>
      <ul className="coverage">
        {ordered.map((area, index) => (
          // Areas may share a name and never change
          <li key={index}>
            <span>
              <Untrusted text={area.area} />
              {area.note !== undefined && (
                <small>
                  <Untrusted text={area.note} />
                </small>
              )}
            </span>
            {area.wantedBytes > 0 ? <ShareBar part={area.readBytes} whole={area.wantedBytes} /> : <span />}
            <span className="quiet">{readWords(area, formatBytes)}</span>
          </li>
        ))}
      </ul>
      {children}
    </section>
  )
}
