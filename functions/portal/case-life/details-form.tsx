import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import { messageOf } from '../api/api-error.ts'
import { useSession } from '../identity/use-session.ts'
import { Notice } from '../notice.tsx'
import { type DetailsDraft, draftProblem } from './details-draft.ts'
import { DetailsFields } from './details-fields.tsx'

type DetailsFormProps = {
  readonly initial: DetailsDraft
  readonly submitLabel: string
  readonly onSubmit: (draft: DetailsDraft) => Promise<void>
  readonly onCancel: () => void
}

/** The fields of a case with their buttons. What was typed stays when it cannot be saved. */
export const DetailsForm = ({ initial, submitLabel, onSubmit, onCancel }: DetailsFormProps) => {
  const session = useSession()
  const [draft, setDraft] = useState(initial)
  const [problem, setProblem] = useState<string | null>(null)
  const [saving, setSaving] = useState(false)

  const submit = async (): Promise<void> => {
    const wrong = draftProblem(draft)
    setProblem(wrong)
    if (wrong !== null) return
    setSaving(true)
    try {
      await onSubmit(draft)
    } catch (error) {
      setProblem(messageOf(error))
      setSaving(false)
    }
  }
  return (
    <form
      className="details-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <DetailsFields draft={draft} onChange={setDraft} me={session.phase === 'unknown' ? '' : session.me.subject} />
      {problem !== null && (
        <Notice tone="bad" title="This cannot be saved">
          <p>{problem}</p>
        </Notice>
      )}
      <div className="actions">
        <Button variant="primary" formAction="submit" loading={saving}>
          {submitLabel}
        </Button>
        <Button formAction="none" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
