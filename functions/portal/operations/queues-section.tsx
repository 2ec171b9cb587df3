import type { QueueReport } from '../../../shared/cases/operations/operations-api.ts'
import { formatCount } from '../format/size.ts'
import { formatDuration } from '../format/time.ts'
import { FiguresSection } from './figures-section.tsx'
import { lanes, laneWords, owners, ownerWords } from './operations-words.ts'
import { longWaitMs } from './trouble.ts'
import type { Figures } from './use-figures.ts'

type QueuesProps = { readonly figures: Figures<QueueReport>; readonly now: number }
type Queue = QueueReport['queues'][number]

/** Every queue by stage and lane. They belong to the installation; only ages are of the tenant's own analyses. */
export const QueuesSection = ({ figures, now }: QueuesProps) => (
  <FiguresSection
    id="queues"
    title="Queues"
    figures={figures}
    about="Messages of all tenants, as SQS counts them: about, and a little late. How long something waits is told of your own analyses."
  >
    {({ queues }) => {
      const rows = owners.map((owner) => ({ owner, own: queues.filter(({ queue }) => queue === owner) }))
      const busy = rows.filter(({ own }) => !own.every(isEmpty))
      const empty = rows.filter(({ own }) => own.every(isEmpty)).map(({ owner }) => ownerWords[owner].name)
      return (
        <>
          {busy.length > 0 && (
            <table className="plain-table queue-table" aria-label="Queues by stage and lane">
              <thead>
                <tr>
                  <th scope="col">Queue</th>
                  {lanes.map((lane) => (
                    <th scope="col" key={lane}>
                      {laneWords[lane]}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {busy.map(({ owner, own }) => (
                  <tr key={owner}>
                    <th scope="row">
                      {ownerWords[owner].name}
                      <small>{ownerWords[owner].does}</small>
                    </th>
                    {own.map((queue) => (
                      <td key={queue.lane} colSpan={queue.lane === null ? lanes.length : 1}>
                        <span className={queue.lane === null ? 'all-lanes' : 'lane-name'}>
                          {queue.lane === null ? 'All lanes: ' : laneWords[queue.lane]}
                        </span>
                        <Figure queue={queue} now={now} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {empty.length > 0 && <p>{busy.length === 0 ? 'All queues are empty.' : `Empty: ${empty.join(', ')}.`}</p>}
        </>
      )
    }}
  </FiguresSection>
)

const isEmpty = ({ waiting, inFlight, delayed, oldestWaitsSince }: Queue): boolean =>
  waiting + inFlight + delayed === 0 && oldestWaitsSince === null

const Figure = ({ queue, now }: { readonly queue: Queue; readonly now: number }) => {
  if (isEmpty(queue)) return <span className="quiet">empty</span>
  const { waiting, inFlight, delayed, oldestWaitsSince } = queue
  const wait = oldestWaitsSince === null ? null : Math.max(0, now - Date.parse(oldestWaitsSince))
  return (
    <span className="queue-figure">
      <span>
        <strong>{formatCount(waiting)}</strong> waiting
      </span>
      {inFlight > 0 && <span>{formatCount(inFlight)} in flight</span>}
      {delayed > 0 && <span>{formatCount(delayed)} later</span>}
      {wait !== null && <span className={wait > longWaitMs ? 'is-long' : 'quiet'}>for {formatDuration(wait)}</span>}
    </span>
  )
}
