import Button from '@cloudscape-design/components/button'
import { useCallback, useEffect, useState } from 'react'
import type { Failure } from '../../../shared/cases/operations/failures.ts'
import type { FailureList } from '../../../shared/cases/operations/operations-api.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { Untrusted } from '../format/untrusted.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'
import type { Tone } from '../verdict/verdict-words.ts'
import { Age } from './age.tsx'
import { CaseCell } from './case-cell.tsx'
import { getFailures } from './client.ts'
import { FiguresSection } from './figures-section.tsx'
import type { Figures } from './use-figures.ts'

type FailuresProps = { readonly figures: Figures<FailureList>; readonly now: number }

/** Stages that ended failed, the newest first; older ones are read when somebody asks. */
export const FailuresSection = ({ figures, now }: FailuresProps) => (
  <FiguresSection
    id="failures"
    title="Failures"
    figures={figures}
    about="Stages that ended failed. One that is taken up again leaves the list."
  >
    {({ failures, nextCursor }) =>
      failures.length === 0 ? <p>None.</p> : <Pages first={failures} cursor={nextCursor} now={now} />
    }
  </FiguresSection>
)

type PagesProps = { readonly first: readonly Failure[]; readonly cursor: string | null; readonly now: number }
type Older = { readonly failures: readonly Failure[]; readonly next: string | null }

const Pages = ({ first, cursor, now }: PagesProps) => {
  const [older, setOlder] = useState<Older | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const next = older === null ? cursor : older.next
  const known = new Set(first.map(keyOf))
  const failures = [...first, ...(older?.failures ?? []).filter((failure) => !known.has(keyOf(failure)))]
  useEffect(() => {
    if (cursor === null) setOlder(null)
  }, [cursor])

  const more = useCallback(async (): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      const page = await getFailures(next, new AbortController().signal)
      setOlder((before) => ({
        failures: [...(before?.failures ?? []), ...page.failures],
        next: page.nextCursor,
      }))
    } catch (failure) {
      setError(failure)
    }
    setBusy(false)
  }, [next])

  return (
    <>
      <table className="plain-table operations-table" aria-label="Failures, newest first">
        <thead>
          <tr>
            <th scope="col">Case</th>
            <th scope="col">Why</th>
            <th scope="col">When</th>
            <th scope="col">Kind</th>
          </tr>
        </thead>
        <tbody>
          {failures.map((failure) => (
            <tr key={keyOf(failure)}>
              <th scope="row">
                <CaseCell {...failure} />
                <small>
                  {failure.stage}
                  {failure.shard !== null && `, shard ${failure.shard}`} · attempt {failure.attempt}
                </small>
              </th>
              <td>{failure.why === null ? <span className="quiet">–</span> : <Untrusted text={failure.why} />}</td>
              <td>
                <Age at={failure.failedAt} now={now} />
              </td>
              <td>
                <ToneLabel {...kindWords[failure.kind]} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <FailureNotice title="Older failures cannot be shown" error={error} />
      {next !== null && (
        <div className="table-foot">
          <Button onClick={() => void more()} loading={busy}>
            Show older failures
          </Button>
        </div>
      )}
    </>
  )
}

const kindWords: Record<Failure['kind'], { readonly tone: Tone; readonly label: string }> = {
  unexpected: { tone: 'bad', label: 'Unexpected' },
  'given-up': { tone: 'bad', label: 'Given up' },
  'of-the-dump': { tone: 'neutral', label: 'Of the dump' },
}

const keyOf = ({ analysisId, stage, shard }: Failure): string => `${analysisId} ${stage} ${shard}`
