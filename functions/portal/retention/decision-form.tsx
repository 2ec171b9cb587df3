import Button from '@cloudscape-design/components/button'
import { type FormEvent, useId, useState } from 'react'
import { FailureNotice } from '../failure-notice.tsx'

type DecisionFormProps = {
  readonly title: string
  readonly asksForDate: boolean
  /** `until` is an ISO time, empty where no date is asked for. */
  readonly decide: (reason: string, until: string) => Promise<void>
  readonly close: () => void
}

const tomorrow = (): string => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)

/** Asks for a reason, and a day where one is needed: what is decided about keeping things goes on record with both. */
export const DecisionForm = ({ title, asksForDate, decide, close }: DecisionFormProps) => {
  const id = useId()
  const [reason, setReason] = useState('')
  const [date, setDate] = useState('')
  const [failure, setFailure] = useState<unknown>()
  const isComplete = reason.trim() !== '' && (!asksForDate || date !== '')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (!isComplete) return
    setFailure(undefined)
    try {
      await decide(reason, asksForDate ? `${date}T23:59:59Z` : '')
    } catch (caught) {
      setFailure(caught)
    }
  }
  return (
    <form className="decision-form" aria-label={title} onSubmit={(event) => void submit(event)}>
      <h3>{title}</h3>
      {asksForDate && (
        <p>
          <label htmlFor={`${id}-date`}>Keep until</label>{' '}
          <input
            id={`${id}-date`}
            type="date"
            // biome-ignore lint/a11y/noAutofocus: the form has just been opened by the person who is to fill it in
            autoFocus
            required
            min={tomorrow()}
            value={date}
            onChange={({ target }) => setDate(target.value)}
          />
        </p>
      )}
      <p>
        <label htmlFor={`${id}-reason`}>Reason, for the record</label>
        <br />
        <textarea
          id={`${id}-reason`}
          // biome-ignore lint/a11y/noAutofocus: the form has just been opened by the person who is to fill it in
          autoFocus={!asksForDate}
          required
          maxLength={500}
          rows={2}
          cols={60}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
        />
      </p>
      <FailureNotice title="That did not work" error={failure} />
      <div className="actions">
        <Button variant="primary" formAction="submit" disabled={!isComplete}>
          {title}
        </Button>
        <Button formAction="none" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
