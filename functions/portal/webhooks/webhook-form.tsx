import Button from '@cloudscape-design/components/button'
import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { WebhookEventType } from '../../../shared/cases/webhooks/webhook.ts'
import type { WebhookWithSecret } from '../../../shared/cases/webhooks/webhook-api.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { createWebhook } from './client.ts'
import { eventWords } from './webhook-words.ts'

type WebhookFormProps = { readonly added: (told: WebhookWithSecret) => void; readonly cancel: () => void }

const offered: readonly WebhookEventType[] = ['analysis.finished', 'analysis.failed']

/** What a new webhook is: where it goes, and what it is told. */
export const WebhookForm = ({ added, cancel }: WebhookFormProps) => {
  const [url, setUrl] = useState('')
  const [description, setDescription] = useState('')
  const [events, setEvents] = useState(offered)
  const [sending, setSending] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const isUrl = URL.canParse(url.trim())
  const isValid = isUrl && events.length > 0

  const add = async (): Promise<void> => {
    if (!isValid || sending) return
    setSending(true)
    setError(null)
    try {
      added(await createWebhook({ url: url.trim(), description: description.trim(), events: [...events] }))
    } catch (failed) {
      setError(failed)
      setSending(false)
    }
  }
  const turn = (event: WebhookEventType, on: boolean): void =>
    setEvents(offered.filter((one) => (one === event ? on : events.includes(one))))

  return (
    <form
      className="panel webhook-form"
      aria-label="New webhook"
      onSubmit={(event) => {
        event.preventDefault()
        void add()
      }}
    >
      <FormField
        label="Address"
        description="Begins with https:// and is on the public internet."
        errorText={url.trim() !== '' && !isUrl ? 'This is not a URL yet.' : undefined}
      >
        <Input
          value={url}
          type="url"
          inputMode="url"
          placeholder="https://hooks.example.com/dumpline"
          autoFocus
          onChange={({ detail }) => setUrl(detail.value.slice(0, 2000))}
        />
      </FormField>
      <FormField label="What it is for" description="A note for colleagues. Not needed.">
        <Input value={description} onChange={({ detail }) => setDescription(detail.value.slice(0, 200))} />
      </FormField>
      <fieldset className="webhook-events">
        <legend>It is told when</legend>
        {offered.map((event) => (
          <Checkbox key={event} checked={events.includes(event)} onChange={({ detail }) => turn(event, detail.checked)}>
            {eventWords[event]} <code>{event}</code>
          </Checkbox>
        ))}
      </fieldset>
      <FailureNotice title="The webhook was not added" error={error} />
      <div className="actions">
        <Button variant="primary" formAction="submit" disabled={!isValid} loading={sending}>
          Add it and show its secret
        </Button>
        <Button formAction="none" onClick={cancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
