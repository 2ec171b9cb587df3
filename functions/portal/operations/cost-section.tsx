import type { CostReport } from '../../../shared/cases/operations/operations-api.ts'
import type { Worker } from '../../../shared/cases/operations/spending.ts'
import { formatDollars } from '../case/stage-progress.ts'
import { formatBytes, formatCount } from '../format/size.ts'
import { formatDuration } from '../format/time.ts'
import { FiguresSection } from './figures-section.tsx'
import { owners, ownerWords } from './operations-words.ts'
import type { Figures } from './use-figures.ts'

/** What the analyses cost, day by day, and which function spends it. */
export const CostSection = ({ figures }: { readonly figures: Figures<CostReport> }) => (
  <FiguresSection
    id="cost"
    title="Cost"
    figures={figures}
    about="Computing and reads of your tenant’s analyses, by the day (UTC) they began, from what each stage recorded. Storage, requests around it and failed attempts come on top."
  >
    {(report) =>
      report.days.every(({ dollars }) => dollars === 0) ? <p>Nothing was spent.</p> : <Costs {...report} />
    }
  </FiguresSection>
)

const Costs = ({ days, behind, prices }: CostReport) => {
  const most = Math.max(...days.map(({ dollars }) => dollars))
  const total = days.reduce((sum, { dollars }) => sum + dollars, 0)
  return (
    <>
      <div className="cost-tables">
        <table className="plain-table" aria-label="Cost by day, newest first">
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col" className="right">
                Cost
              </th>
              <td aria-hidden="true" />
            </tr>
          </thead>
          <tbody>
            {days.map(({ day, dollars }) => (
              <tr key={day}>
                <th scope="row" className="nowrap">
                  {day}
                </th>
                <td className="right">{formatDollars(dollars)}</td>
                <td aria-hidden="true" className="cost-bar">
                  <span style={{ inlineSize: `${(dollars / most) * 100}%` }} />
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Together</th>
              <td className="right">
                <strong>{formatDollars(total)}</strong>
              </td>
              <td />
            </tr>
          </tfoot>
        </table>
        <ByWorker days={days} />
      </div>
      <p className="quiet">
        List prices of {prices.region}, {prices.asOf}.
        {behind && ' Not everything is added up yet; the next look goes on.'}
      </p>
    </>
  )
}

const ByWorker = ({ days }: Pick<CostReport, 'days'>) => {
  const rows = owners.flatMap((owner) => {
    const own = days.flatMap(({ workers }) => workers.filter(({ worker }) => worker === (owner as Worker)))
    const sum = (figure: (worker: (typeof own)[number]) => number) => own.reduce((all, each) => all + figure(each), 0)
    const each = { pieces: sum(({ pieces }) => pieces), milliseconds: sum(({ milliseconds }) => milliseconds) }
    const read = { bytesRead: sum(({ bytesRead }) => bytesRead), dollars: sum(({ dollars }) => dollars) }
    return own.length === 0 ? [] : [{ owner, ...each, ...read }]
  })
  return (
    <table className="plain-table" aria-label="Cost by stage">
      <thead>
        <tr>
          <th scope="col">Stage</th>
          <th scope="col" className="right">
            Done
          </th>
          <th scope="col" className="right">
            Time
          </th>
          <th scope="col" className="right">
            Read
          </th>
          <th scope="col" className="right">
            Cost
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ owner, pieces, milliseconds, bytesRead, dollars }) => (
          <tr key={owner}>
            <th scope="row">{ownerWords[owner].name}</th>
            <td className="right">{formatCount(pieces)}</td>
            <td className="right">{formatDuration(Math.max(0, milliseconds))}</td>
            <td className="right">{formatBytes(Math.max(0, bytesRead))}</td>
            <td className="right">{formatDollars(dollars)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
