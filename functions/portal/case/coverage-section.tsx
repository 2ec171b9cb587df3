import type { Coverage } from '../../../shared/analysis/analysis.ts'
import { ShareBar } from '../format/share-bar.tsx'
import { formatBytes } from '../format/size.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { incompleteCoverage } from './lead-finding.ts'

/** How much of what each search wanted was in the dump. */
export const CoverageSection = ({ coverage }: { readonly coverage: readonly Coverage[] }) => {
  if (coverage.length === 0) return null
  const incomplete = incompleteCoverage(coverage)
  const complete = coverage.filter((area) => !incomplete.includes(area))
  return (
    <section className="panel">
      <h2>Coverage</h2>
      <p className="quiet">
        {incomplete.length === 0
          ? 'Everything the searches wanted to read was in the dump.'
          : 'Not everything the searches wanted to read was in the dump. What is missing was not searched: “not found” then does not mean “not there”.'}
      </p>
      <ul className="coverage">
        {[...incomplete, ...complete].map((area, index) => (
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
            <ShareBar part={area.readBytes} whole={area.wantedBytes} />
            <span className="quiet">
              {area.wantedBytes === 0
                ? 'nothing to read'
                : `${formatBytes(area.readBytes)} of ${formatBytes(area.wantedBytes)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
