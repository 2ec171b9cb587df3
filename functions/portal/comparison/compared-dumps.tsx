import type { CaseComparison } from '../../../shared/cases/comparison-api.ts'
import { formatDuration, formatTimestamp } from '../format/time.ts'
import { Mono } from '../format/untrusted.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'

const hourMs = 3_600_000

const serverWords = {
  true: 'All signs say that they are of one server.',
  false: 'They are of different servers.',
  null: 'Whether they are of one server is not known.',
}

/** When each dump was taken, and what lies between them. */
export const ComparedDumps = ({ comparison }: { readonly comparison: CaseComparison }) => {
  const { dumps, intervals, sources, sameServer, span } = comparison
  if (dumps.length === 0) return null
  return (
    <section className="panel">
      <h2>Dumps</h2>
      <p className="quiet">{serverWords[`${sameServer}`]}</p>
      <table className="plain-table stacks" aria-label="The dumps that are compared">
        <thead>
          <tr>
            <th scope="col">Dump</th>
            <th scope="col">Taken at</th>
            <th scope="col">Up for</th>
            <th scope="col">Since the one before</th>
            <th scope="col">Pool accounting</th>
          </tr>
        </thead>
        <tbody>
          {dumps.map(({ at, uptimeSeconds, lowerBound }, index) => (
            <tr key={sources[index].dumpId}>
              <th scope="row">
                {index + 1}. <Mono text={sources[index].fileName} />
                {span.length > 0 && !span.includes(index) && <small>not part of the growth</small>}
              </th>
              <td data-label="Taken at">{at === null ? 'not known' : formatTimestamp(at)}</td>
              <td data-label="Up for">{uptimeSeconds === null ? 'not known' : formatDuration(uptimeSeconds * 1000)}</td>
              <td data-label="Since the one before">
                <Since interval={intervals[index - 1]} />
              </td>
              <td data-label="Pool accounting">{lowerBound ? 'partial: “at least”' : 'complete'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const Since = ({ interval }: { readonly interval: CaseComparison['intervals'][number] | undefined }) => {
  if (interval === undefined) return '–'
  const { hours, rebooted, reason } = interval
  return (
    <>
      {hours === null ? 'not known' : formatDuration(hours * hourMs)}
      {rebooted === true && <ToneLabel tone="caution" label="Restarted" />}
      {rebooted !== false && <small>{reason}</small>}
    </>
  )
}
