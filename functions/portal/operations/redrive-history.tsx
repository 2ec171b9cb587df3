import { useCallback } from 'react'
import { Untrusted } from '../format/untrusted.tsx'
import { Age } from './age.tsx'
import { getRedrives } from './client.ts'
import { useFigures } from './use-figures.ts'

const everyMs = 60_000

/** Who sent dead letters again. `rounds` grows when this page did. */
export const RedriveHistory = ({ now, rounds }: { readonly now: number; readonly rounds: number }) => {
  // Another load is a look at once.
  const load = useCallback((signal: AbortSignal) => getRedrives(signal), [rounds])
  const { value } = useFigures(load, everyMs)
  if (value === undefined || value.redrives.length === 0) return null
  return (
    <details className="redrives">
      <summary>Sent again before</summary>
      <ol className="timeline">
        {value.redrives.map(({ eventId, at, actor, statement }) => (
          <li key={eventId}>
            <p>{statement}</p>
            <p className="quiet">
              <Untrusted text={actor} /> · <Age at={at} now={now} />
            </p>
          </li>
        ))}
      </ol>
    </details>
  )
}
