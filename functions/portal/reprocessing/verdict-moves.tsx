import type { Verdict } from '../../../shared/analysis/finding.ts'
import type { VerdictMoves } from '../../../shared/cases/batches/batch-progress.ts'
import { formatCount } from '../format/size.ts'
import { verdictWords } from '../verdict/verdict-words.ts'

const labelOf = (verdict: string): string => verdictWords[verdict as Verdict]?.label ?? 'No verdict'

/** Old verdicts by new ones, those that moved first. */
export const VerdictMovesSection = ({ moves }: { readonly moves: VerdictMoves }) => {
  const rows = [...moves].sort((a, b) => Number(a.from === a.to) - Number(b.from === b.to) || b.dumps - a.dumps)
  return (
    <section className="panel">
      <h2>Verdicts, before and now</h2>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Before</th>
            <th scope="col">Now</th>
            <th scope="col" className="right">
              Dumps
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ from, to, dumps }) => (
            <tr key={`${from} ${to}`}>
              <td>{labelOf(from)}</td>
              <td>{from === to ? <span className="quiet">the same</span> : <strong>{labelOf(to)}</strong>}</td>
              <td className="right">{formatCount(dumps)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
