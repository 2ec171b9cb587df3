import type { CaseDetail } from '../../../shared/cases/api.ts'
import { formatTimestamp } from '../format/time.ts'
import { Mono } from '../format/untrusted.tsx'

/** As the API has it (shared/cases/comparison-api.ts). */
const most = 12

type DumpChoiceProps = {
  readonly detail: CaseDetail
  readonly chosen: readonly string[]
  readonly choose: (dumpIds: readonly string[]) => void
}

/** Which dumps are compared: at least two of those that are analysed. */
export const DumpChoice = ({ detail, chosen, choose }: DumpChoiceProps) => {
  const analysed = detail.dumps.filter(({ dump, analyses }) =>
    analyses.some(({ analysis }) => analysis.analysisId === dump.currentAnalysisId && analysis.status === 'done'),
  )
  if (analysed.length < 3) return null
  const toggle = (dumpId: string, checked: boolean): void =>
    choose(
      analysed.map(({ dump }) => dump.dumpId).filter((each) => (each === dumpId ? checked : chosen.includes(each))),
    )
  return (
    <fieldset className="dump-choice">
      <legend>Dumps compared</legend>
      {analysed.map(({ dump }) => {
        const isChosen = chosen.includes(dump.dumpId)
        const isFixed = isChosen ? chosen.length <= 2 : chosen.length >= most
        return (
          <label key={dump.dumpId}>
            <input
              type="checkbox"
              checked={isChosen}
              disabled={isFixed}
              onChange={({ target }) => toggle(dump.dumpId, target.checked)}
            />
            <Mono text={dump.fileName} />
            <small>uploaded {formatTimestamp(dump.createdAt)}</small>
          </label>
        )
      })}
    </fieldset>
  )
}
