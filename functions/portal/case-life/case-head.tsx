import Button from '@cloudscape-design/components/button'
import { useEffect, useState } from 'react'
import { Link } from 'react-router'
import type { CaseRecord } from '../../../shared/cases/records.ts'
import { messageOf } from '../api/api-error.ts'
import { changeCase, turnCase } from '../api/cases-client.ts'
import { formatTimestamp } from '../format/time.ts'
import { Untrusted, UntrustedLines } from '../format/untrusted.tsx'
import { useMay, useSession } from '../identity/use-session.ts'
import { Notice } from '../notice.tsx'
import { changesOf, draftOf, isWebAddress } from './details-draft.ts'
import { DetailsForm } from './details-form.tsx'

type CaseHeadProps = {
  readonly record: CaseRecord
  /** Has the case loaded again, after a change. */
  readonly refresh: () => void
}

/** The title of a case with what people say about it, and what they can do to it. */
export const CaseHead = ({ record: loaded, refresh }: CaseHeadProps) => {
  const [changed, setChanged] = useState<CaseRecord | null>(null)
  const [editing, setEditing] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const mayWrite = useMay('cases:write')
  // The answer to a change counts until the case has been loaded again.
  useEffect(() => {
    if (loaded) setChanged(null)
  }, [loaded])
  const record = changed ?? loaded
  const isClosed = (record.closedAt ?? null) !== null

  const take = (answer: CaseRecord): void => {
    setChanged(answer)
    refresh()
  }
  const turn = async (): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      take(await turnCase(record.caseId, isClosed ? 'reopen' : 'close'))
    } catch (error) {
      setProblem(messageOf(error))
    }
    setBusy(false)
  }

  return (
    <header className="case-head">
      <div className="case-head-line">
        <h1 className="case-title">
          <Untrusted text={record.title} />
          {isClosed && <span className="closed-mark">Closed</span>}
        </h1>
        {mayWrite && !editing && (
          <div className="actions">
            <Button onClick={() => setEditing(true)}>Edit details</Button>
            <Button onClick={() => void turn()} loading={busy}>
              {isClosed ? 'Reopen' : 'Close case'}
            </Button>
          </div>
        )}
      </div>
      {problem !== null && (
        <Notice tone="bad" title={`The case could not be ${isClosed ? 'reopened' : 'closed'}`}>
          <p>{problem}</p>
        </Notice>
      )}
      {editing ? (
        <section className="panel" aria-label="Edit details">
          <DetailsForm
            initial={draftOf(record)}
            submitLabel="Save"
            onCancel={() => {
              setEditing(false)
              refresh()
            }}
            onSubmit={async (draft) => {
              const changes = changesOf(record, draft)
              if (Object.keys(changes).length > 0)
                take(await changeCase(record.caseId, { ...changes, revision: record.revision ?? 0 }))
              setEditing(false)
            }}
          />
        </section>
      ) : (
        <Facts record={record} />
      )}
    </header>
  )
}

const Facts = ({ record }: { readonly record: CaseRecord }) => {
  const session = useSession()
  const me = session.phase === 'unknown' ? null : session.me.subject
  const { customer = null, host = null, assignee = null, labels = [], tickets = [], description = null } = record
  const { signature = null, closedAt = null, closedBy = null } = record
  return (
    <>
      <dl className="case-facts">
        <Fact name="Customer" value={customer} />
        <Fact name="Host" value={host} />
        <Fact name="Assignee" value={assignee === null ? 'Nobody' : assignee === me ? 'You' : assignee} />
        {labels.length > 0 && (
          <div>
            <dt>Labels</dt>
            <dd className="label-list">
              {labels.map((label) => (
                <Link key={label} className="case-label" to={`/?${new URLSearchParams({ label })}`}>
                  <Untrusted text={label} />
                </Link>
              ))}
            </dd>
          </div>
        )}
        {tickets.length > 0 && (
          <div>
            <dt>Tickets</dt>
            <dd className="label-list">
              {tickets.map(({ url, name }) =>
                isWebAddress(url) ? (
                  <a key={url} href={url} target="_blank" rel="noreferrer noopener">
                    <Untrusted text={name ?? url} />
                  </a>
                ) : (
                  <Untrusted key={url} text={name ?? url} />
                ),
              )}
            </dd>
          </div>
        )}
        {signature !== null && (
          <div>
            <dt>Cause</dt>
            <dd>
              <Link to={`/?${new URLSearchParams({ signature })}`}>Cases of this cause</Link>
            </dd>
          </div>
        )}
        {closedAt !== null && (
          <Fact name="Closed" value={`${formatTimestamp(closedAt)}${closedBy === null ? '' : ` by ${closedBy}`}`} />
        )}
      </dl>
      {description !== null && (
        <p className="case-description">
          <UntrustedLines text={description} />
        </p>
      )}
    </>
  )
}

const Fact = ({ name, value }: { readonly name: string; readonly value: string | null }) =>
  value === null ? null : (
    <div>
      <dt>{name}</dt>
      <dd>
        <Untrusted text={value} />
      </dd>
    </div>
  )
