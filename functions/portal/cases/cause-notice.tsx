import { useCallback } from 'react'
import { findGroup } from '../api/cases-client.ts'
import { usePolled } from '../api/use-polled.ts'
import { CauseFacts, countOf } from './cause-facts.tsx'

const once = (): boolean => true

/** Above the cases of one cause: how many there are and what they share. */
export const CauseNotice = ({ signature }: { readonly signature: string }) => {
  const load = useCallback((signal: AbortSignal) => findGroup(signature, signal), [signature])
  const group = usePolled(`cause ${signature}`, load, once).value?.groups[0]
  if (group === undefined) return null
  return (
    <section className="cause-notice" aria-label="Cause">
      <strong>{countOf(group)} of this cause</strong>
      <CauseFacts group={group} />
    </section>
  )
}
