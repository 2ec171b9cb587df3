import Button from '@cloudscape-design/components/button'
import { type ReactNode, useCallback, useState } from 'react'
import type { KeptView, Retention } from '../../../shared/cases/life/retention-api.ts'
import { usePolled } from '../api/use-polled.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { visibleText } from '../format/visible-text.ts'
import { useMay } from '../identity/use-session.ts'
import { Notice } from '../notice.tsx'
import { DecisionForm } from './decision-form.tsx'
import { extendRetention, getRetention, liftHold, setHold } from './retention-client.ts'

type Asked =
  | { readonly what: 'hold' }
  | { readonly what: 'lift' }
  | { readonly what: 'extend'; readonly dumpId: string | null }

const onceIsEnough = (): boolean => true

/** Until when the case's dumps and results are kept and why, and what may be done about it. */
export const RetentionSection = ({ caseId }: { readonly caseId: string }) => {
  const mayDecide = useMay('retention:write')
  const load = useCallback((signal: AbortSignal) => getRetention(caseId, signal), [caseId])
  const { value, error } = usePolled(`retention of ${caseId}`, load, onceIsEnough)
  const [changed, setChanged] = useState<Retention>()
  const [asked, setAsked] = useState<Asked | null>(null)
  const retention = changed ?? value
  if (error !== undefined && retention === undefined)
    return <FailureNotice title="How long this case is kept cannot be shown" error={error} />
  if (retention === undefined || retention.dumps.length === 0) return null

  const decide = async (reason: string, until: string): Promise<void> => {
    if (asked === null) return
    const decided =
      asked.what === 'hold'
        ? await setHold(caseId, reason)
        : asked.what === 'lift'
          ? await liftHold(caseId, reason)
          : await extendRetention(caseId, { dumpId: asked.dumpId, until, reason })
    setChanged(decided)
    setAsked(null)
  }
  const extend = (dumpId: string | null, kept: KeptView) =>
    mayDecide &&
    (kept.state === 'kept' || kept.state === 'announced') && (
      <Button variant="inline-link" onClick={() => setAsked({ what: 'extend', dumpId })}>
        Keep longer
      </Button>
    )

  return (
    <section className="panel retention" aria-labelledby="retention-title">
      <h2 id="retention-title">What is kept</h2>
      <RetentionNotice retention={retention} />
      <table className="plain-table stacks">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Until</th>
            <th scope="col">Why</th>
            <th scope="col">
              <span className="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {retention.dumps.map((dump) => (
            <KeptRow key={dump.dumpId} kept={dump} action={extend(dump.dumpId, dump)}>
              {visibleText(dump.fileName)}
            </KeptRow>
          ))}
          <KeptRow kept={retention.results} action={extend(null, retention.results)}>
            Results
          </KeptRow>
        </tbody>
      </table>
      {mayDecide && asked === null && (
        <Button onClick={() => setAsked({ what: retention.hold === null ? 'hold' : 'lift' })}>
          {retention.hold === null ? 'Set a legal hold' : 'Lift the legal hold'}
        </Button>
      )}
      {asked !== null && (
        <DecisionForm
          key={asked.what}
          title={titles[asked.what]}
          asksForDate={asked.what === 'extend'}
          decide={decide}
          close={() => setAsked(null)}
        />
      )}
    </section>
  )
}

const titles = { hold: 'Set a legal hold', lift: 'Lift the legal hold', extend: 'Keep longer' }

const RetentionNotice = ({ retention: { hold, dumps } }: { readonly retention: Retention }) => {
  if (hold !== null)
    return (
      <Notice tone="neutral" title="Legal hold: nothing of this case is deleted">
        <p>{`${visibleText(hold.reason)} (${visibleText(hold.by)}, ${dateOf(hold.at)})`}</p>
      </Notice>
    )
  const announced = dumps.filter(({ state }) => state === 'announced')
  return announced.length === 0 ? null : (
    <Notice tone="bad" title="A dump of this case will be deleted">
      {announced.map(({ dumpId, fileName, until }) => (
        <p key={dumpId}>
          {`${visibleText(fileName)} cannot be analysed again after ${dateOf(until)}. Its results stay.`}
        </p>
      ))}
    </Notice>
  )
}

type KeptRowProps = { readonly kept: KeptView; readonly action: ReactNode; readonly children: ReactNode }

const KeptRow = ({ kept: { state, until, reason }, action, children }: KeptRowProps) => {
  const words = {
    kept: dateOf(until),
    announced: dateOf(until),
    deleting: 'being deleted',
    deleted: `deleted ${dateOf(until)}`,
  }
  return (
    <tr>
      <th scope="row">{children}</th>
      <td data-label={state === 'kept' || state === 'announced' ? 'Until' : undefined}>{words[state]}</td>
      <td>{visibleText(reason)}</td>
      <td>{action}</td>
    </tr>
  )
}

const dateOf = (iso: string | null): string => (iso === null ? 'no date yet' : iso.slice(0, 10))
