import Button from '@cloudscape-design/components/button'
import { useId, useState } from 'react'
import { messageOf } from '../api/api-error.ts'

type NoteFormProps = {
  readonly label: string
  readonly submitLabel: string
  readonly initial: string
  readonly onSubmit: (text: string) => Promise<void>
  readonly onCancel?: () => void
}

/** A note being written. It stays as typed until it is saved; Control and Enter save it. */
export const NoteForm = ({ label, submitLabel, initial, onSubmit, onCancel }: NoteFormProps) => {
  const id = useId()
  const [text, setText] = useState(initial)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const isReady = text.trim() !== '' && !busy

  const submit = async (): Promise<void> => {
    if (!isReady) return
    setBusy(true)
    setProblem(null)
    try {
      await onSubmit(text)
      setText(initial)
    } catch (error) {
      setProblem(messageOf(error))
    }
    setBusy(false)
  }
  return (
    <form
      className="note-form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <label htmlFor={id} className="visually-hidden">
        {label}
      </label>
      <textarea
        id={id}
        rows={3}
        maxLength={10_000}
        placeholder={`${label} …`}
        value={text}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit()
        }}
      />
      {problem !== null && (
        <p role="alert" className="field-problem">
          {problem}
        </p>
      )}
      <div className="actions">
        <Button formAction="submit" loading={busy} disabled={text.trim() === ''}>
          {submitLabel}
        </Button>
        {onCancel !== undefined && (
          <Button formAction="none" variant="link" onClick={onCancel}>
            Cancel
          </Button>
        )}
      </div>
    </form>
  )
}
