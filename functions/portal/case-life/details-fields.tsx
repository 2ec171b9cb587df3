import { type ReactNode, useId } from 'react'
import type { DetailsDraft } from './details-draft.ts'

type DetailsFieldsProps = {
  readonly draft: DetailsDraft
  readonly onChange: (draft: DetailsDraft) => void
  /** The subject of who fills this in. */
  readonly me: string
}

/** The fields of a case, the same for a new one and for changes. */
export const DetailsFields = ({ draft, onChange, me }: DetailsFieldsProps) => {
  const text = (name: 'title' | 'customer' | 'host' | 'assignee' | 'labels', most: number) => ({
    value: draft[name],
    maxLength: most,
    onChange: ({ target }: { readonly target: { readonly value: string } }) =>
      onChange({ ...draft, [name]: target.value }),
  })
  return (
    <div className="field-grid">
      <Field label="Title" wide>
        {/* biome-ignore lint/a11y/noAutofocus: the form has just been opened by the person who is to fill it in */}
        {(id) => <input id={id} required autoFocus {...text('title', 200)} />}
      </Field>
      <Field label="Customer">{(id) => <input id={id} {...text('customer', 200)} />}</Field>
      <Field label="Host">{(id) => <input id={id} {...text('host', 255)} />}</Field>
      <Field label="Labels" hint="Separated by commas">
        {(id) => <input id={id} {...text('labels', 1000)} />}
      </Field>
      <Field label="Assignee">
        {(id) => (
          <span className="field-with-button">
            <input id={id} {...text('assignee', 200)} />
            {draft.assignee !== me && (
              <button type="button" className="quiet-button" onClick={() => onChange({ ...draft, assignee: me })}>
                Me
              </button>
            )}
          </span>
        )}
      </Field>
      <Tickets draft={draft} onChange={onChange} />
      <Field label="Description" wide>
        {(id) => (
          <textarea
            id={id}
            rows={4}
            maxLength={4000}
            value={draft.description}
            onChange={({ target }) => onChange({ ...draft, description: target.value })}
          />
        )}
      </Field>
    </div>
  )
}

type FieldProps = {
  readonly label: string
  readonly hint?: string
  readonly wide?: boolean
  readonly children: (id: string) => ReactNode
}

const Field = ({ label, hint, wide = false, children }: FieldProps) => {
  const id = useId()
  return (
    <div className={wide ? 'field wide' : 'field'}>
      <label htmlFor={id}>
        {label}
        {hint !== undefined && <span className="quiet"> · {hint}</span>}
      </label>
      {children(id)}
    </div>
  )
}

const Tickets = ({ draft, onChange }: Omit<DetailsFieldsProps, 'me'>) => {
  const { tickets } = draft
  const put = (index: number, change: Partial<(typeof tickets)[number]>) =>
    onChange({ ...draft, tickets: tickets.map((ticket, at) => (at === index ? { ...ticket, ...change } : ticket)) })
  return (
    <fieldset className="field wide tickets">
      <legend>Tickets</legend>
      {tickets.map((ticket, index) => (
        <div className="ticket-row" key={index}>
          <input
            aria-label={`Name of ticket ${index + 1}`}
            placeholder="INC-4711"
            maxLength={100}
            value={ticket.name}
            onChange={({ target }) => put(index, { name: target.value })}
          />
          <input
            aria-label={`Address of ticket ${index + 1}`}
            type="url"
            placeholder="https://…"
            maxLength={2000}
            value={ticket.url}
            onChange={({ target }) => put(index, { url: target.value })}
          />
          <button
            type="button"
            className="plain-button"
            aria-label={`Remove ticket ${index + 1}`}
            onClick={() => onChange({ ...draft, tickets: tickets.filter((_, at) => at !== index) })}
          >
            Remove
          </button>
        </div>
      ))}
      {tickets.length < 20 && (
        <button
          type="button"
          className="plain-button"
          onClick={() => onChange({ ...draft, tickets: [...tickets, { url: '', name: '' }] })}
        >
          Add a ticket
        </button>
      )}
    </fieldset>
  )
}
