import type { UnderWayReport } from '../../../shared/cases/operations/operations-api.ts'
import type { AnalysisUnderWay } from '../../../shared/cases/operations/under-way.ts'
import { formatDuration } from '../format/time.ts'
import { CaseCell } from './case-cell.tsx'
import { FiguresSection } from './figures-section.tsx'
import { counted } from './operations-words.ts'
import { longAtStageMs } from './trouble.ts'
import type { Figures } from './use-figures.ts'

type RunningProps = { readonly figures: Figures<UnderWayReport>; readonly now: number }

const standing: Record<AnalysisUnderWay['status'], string> = {
  queued: 'waits for',
  running: 'runs',
  waiting: 'waits for the shards of',
  done: 'has passed',
  failed: 'failed at',
  skipped: 'skipped',
}

/** Analyses under way, the oldest first: what has been there longest is likeliest to be stuck. */
export const RunningSection = ({ figures, now }: RunningProps) => (
  <FiguresSection id="running" title="Under way" figures={figures}>
    {({ analyses, partial }) =>
      analyses.length === 0 ? (
        <p>Nothing runs at the moment.</p>
      ) : (
        <>
          <table className="plain-table operations-table" aria-label="Analyses under way, oldest first">
            <thead>
              <tr>
                <th scope="col">Case</th>
                <th scope="col">What it does</th>
                <th scope="col">For how long</th>
                <th scope="col">Altogether</th>
              </tr>
            </thead>
            <tbody>
              {analyses.map((analysis) => (
                <Row key={analysis.analysisId} analysis={analysis} now={now} />
              ))}
            </tbody>
          </table>
          {partial && <p className="quiet">These are the oldest; there are more.</p>}
        </>
      )
    }
  </FiguresSection>
)

const Row = ({ analysis, now }: { readonly analysis: AnalysisUnderWay; readonly now: number }) => {
  const { caseId, title, lane, engineVersion, stage, status, since, attempt, sweeps, createdAt } = analysis
  const atStage = Math.max(0, now - Date.parse(since))
  const isLong = atStage > longAtStageMs
  return (
    <tr>
      <th scope="row">
        <CaseCell caseId={caseId} title={title} />
        <small>
          {lane} · engine {engineVersion}
        </small>
      </th>
      <td>
        {standing[status]} {stage}
        {(attempt > 1 || sweeps > 0) && (
          <small>
            attempt {attempt}
            {sweeps > 0 && `, sent again ${counted(sweeps, 'time')} by the sweep`}
          </small>
        )}
      </td>
      <td className={isLong ? 'is-long' : ''} data-label="At this stage for">
        {formatDuration(atStage)}
        {isLong && <small>longer than a stage should take</small>}
      </td>
      <td data-label="Altogether">{formatDuration(Math.max(0, now - Date.parse(createdAt)))}</td>
    </tr>
  )
}
