import { Link } from 'react-router'
import type { VersionReport } from '../../../shared/cases/operations/operations-api.ts'
import { stageWords } from '../case/stage-progress.ts'
import { formatCount } from '../format/size.ts'
import { useMay } from '../identity/use-session.ts'
import { ToneLabel } from '../verdict/tone-label.tsx'
import { Age } from './age.tsx'
import { FiguresSection } from './figures-section.tsx'
import type { Figures } from './use-figures.ts'

type VersionsProps = { readonly figures: Figures<VersionReport>; readonly now: number }

/** Which engines made the finished analyses: whoever sees old ones may want to have them made again. */
export const VersionsSection = ({ figures, now }: VersionsProps) => {
  const mayReprocess = useMay('reprocessing:run')
  return (
    <FiguresSection
      id="versions"
      title="Versions"
      figures={figures}
      about="By how many finished analyses of your tenant."
    >
      {({ engine, engines, stages, behind }) => (
        <>
          <div className="cost-tables">
            <table className="plain-table" aria-label="Versions of the engine">
              <thead>
                <tr>
                  <th scope="col">Engine</th>
                  <th scope="col" className="right">
                    Analyses
                  </th>
                  <th scope="col">Last</th>
                </tr>
              </thead>
              <tbody>
                {engines.every(({ version }) => version !== engine) && (
                  <tr>
                    <Version version={engine} isCurrent />
                    <td className="right">0</td>
                    <td className="quiet">–</td>
                  </tr>
                )}
                {engines.map(({ version, analyses, lastAt }) => (
                  <tr key={version}>
                    <Version version={version} isCurrent={version === engine} />
                    <td className="right">{formatCount(analyses)}</td>
                    <td>
                      <Age at={lastAt} now={now} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <table className="plain-table" aria-label="Versions of the stages">
              <thead>
                <tr>
                  <th scope="col">Stage</th>
                  <th scope="col">Now</th>
                  <th scope="col">Analyses by version</th>
                </tr>
              </thead>
              <tbody>
                {stages.map(({ stage, current, used }) => (
                  <tr key={stage}>
                    <th scope="row">{stageWords[stage].name}</th>
                    <td>v{current}</td>
                    <td>
                      {used.length === 0
                        ? '–'
                        : used.map(({ version, analyses }) => `v${version}: ${formatCount(analyses)}`).join(' · ')}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {mayReprocess && engines.some(({ version }) => version !== engine) && (
            <p>
              <Link to="/reprocessing/new">Have old cases done again by engine {engine}</Link>
            </p>
          )}
          {behind && <p className="quiet">Not everything is counted yet; the next look goes on.</p>}
        </>
      )}
    </FiguresSection>
  )
}

const Version = ({ version, isCurrent }: { readonly version: string; readonly isCurrent: boolean }) => (
  <th scope="row">
    {version} {isCurrent && <ToneLabel tone="good" label="Now" />}
  </th>
)
