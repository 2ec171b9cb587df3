import { useCallback } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import type { CaseDetail } from '../../../shared/cases/api.ts'
import type { CaseComparison } from '../../../shared/cases/comparison-api.ts'
import { getCase } from '../api/client.ts'
import { getComparison } from '../api/reports-client.ts'
import { usePolled } from '../api/use-polled.ts'
import { FindingSection } from '../case/findings/finding-section.tsx'
import { FailureNotice } from '../failure-notice.tsx'
import { Untrusted } from '../format/untrusted.tsx'
import { visibleText } from '../format/visible-text.ts'
import { Loading } from '../loading.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'
import { ComparedDumps } from './compared-dumps.tsx'
import { comparisonWords } from './comparison-words.ts'
import { DumpChoice } from './dump-choice.tsx'
import { GrowthSection } from './growth-section.tsx'

const onceIsEnough = (): boolean => true
const noTranscript = (): null => null

/** Growth between dumps of one case, chosen in the address. */
export default function ComparisonPage() {
  const { caseId = '' } = useParams()
  const [search, setSearch] = useSearchParams()
  const chosen = search.get('dumps')
  const loadCase = useCallback((signal: AbortSignal) => getCase(caseId, signal), [caseId])
  const load = useCallback(
    (signal: AbortSignal) => getComparison(caseId, chosen?.split(',') ?? null, signal),
    [caseId, chosen],
  )
  const { value: detail } = usePolled(`case ${caseId}`, loadCase, onceIsEnough)
  const { value: comparison, error, refresh } = usePolled(`${caseId} ${chosen}`, load, onceIsEnough)
  const choose = (dumpIds: readonly string[]) => setSearch({ dumps: dumpIds.join(',') }, { replace: true })
  return (
    <>
      <title>{`Comparison · ${detail === undefined ? 'Case' : visibleText(detail.case.title)} · dumpline`}</title>
      <p className="way-back">
        <Link to={`/cases/${encodeURIComponent(caseId)}`}>
          {detail === undefined ? 'The case' : <Untrusted text={detail.case.title} />}
        </Link>
      </p>
      <h1 className="page-title">What grew between the dumps</h1>
      {detail !== undefined && <DumpChoice detail={detail} chosen={chosenOf(chosen, comparison)} choose={choose} />}
      <FailureNotice title="The dumps cannot be compared" error={error} again={refresh} />
      {comparison === undefined && error === undefined && <Loading what="the comparison" />}
      {comparison !== undefined && <Compared comparison={comparison} detail={detail} />}
    </>
  )
}

const chosenOf = (asked: string | null, comparison: CaseComparison | undefined): readonly string[] =>
  asked?.split(',') ?? comparison?.sources.map(({ dumpId }) => dumpId) ?? []

type ComparedProps = { readonly comparison: CaseComparison; readonly detail: CaseDetail | undefined }

const Compared = ({ comparison }: ComparedProps) => {
  const { tone, label } = comparisonWords(comparison)
  return (
    <>
      <section className={`verdict tone-${tone}`} aria-label="Result" aria-live="polite">
        <ToneLabel tone={tone} label={label} />
        <p className="headline">
          <Untrusted text={comparison.headline} />
        </p>
        {comparison.findings[0]?.nextStep && (
          <div className="next-step">
            <strong>Next step</strong>
            <p>
              <Untrusted text={comparison.findings[0].nextStep} />
            </p>
          </div>
        )}
        {comparison.notes.length > 0 && (
          <ul className="reservations">
            {comparison.notes.map((note) => (
              <li key={note}>
                <Untrusted text={note} />
              </li>
            ))}
          </ul>
        )}
      </section>
      {comparison.tags.length > 0 && <GrowthSection comparison={comparison} />}
      <ComparedDumps comparison={comparison} />
      {comparison.findings.map((finding, index) => (
        <FindingSection key={finding.id} finding={finding} lead={index === 0} transcript={noTranscript} />
      ))}
    </>
  )
}
