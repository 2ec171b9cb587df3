import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { Webhook, WebhookWithSecret } from '../../../shared/cases/webhooks/webhook-api.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { formatAge, formatTimestamp } from '../format/time.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { useNow } from '../format/use-now.ts'
import { Notice } from '../notice.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'
import { changeWebhook, deleteWebhook, rotateSecret, testWebhook } from './client.ts'
import { DeliveriesSection } from './deliveries-section.tsx'
import { eventWords, webhookWords } from './webhook-words.ts'

type WebhookPanelProps = {
  readonly webhook: Webhook
  readonly changed: () => void
  readonly rotated: (told: WebhookWithSecret) => void
}

type Asked = 'rotate' | 'delete'

const questions: Record<Asked, { readonly title: string; readonly text: string; readonly yes: string }> = {
  rotate: {
    title: 'Give it a new secret?',
    text: 'The new secret is shown once. For a day requests are signed with both, so that the receiver can change over.',
    yes: 'Yes, a new secret',
  },
  delete: {
    title: 'Delete this webhook?',
    text: 'Nothing more is sent to it, what waits to be tried again neither, and its secret is gone.',
    yes: 'Yes, delete it',
  },
}

/** One webhook: how it does, what was sent to it last, and what may be done about it. */
export const WebhookPanel = ({ webhook, changed, rotated }: WebhookPanelProps) => {
  const { webhookId, url, description, events, disabled, createdAt, createdBy } = webhook
  const [asked, setAsked] = useState<Asked | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [tests, setTests] = useState(0)
  const now = useNow(30_000)

  const attempt = async (run: () => Promise<void>): Promise<void> => {
    setAsked(null)
    setError(null)
    try {
      await run()
    } catch (failed) {
      setError(failed)
    }
  }
  const turn = (enabled: boolean) =>
    attempt(async () => {
      await changeWebhook(webhookId, { enabled })
      changed()
    })
  const test = () =>
    attempt(async () => {
      await testWebhook(webhookId)
      setTests((count) => count + 1)
    })
  const confirmed: Record<Asked, () => Promise<void>> = {
    rotate: () => attempt(async () => rotated(await rotateSecret(webhookId))),
    delete: () =>
      attempt(async () => {
        await deleteWebhook(webhookId)
        changed()
      }),
  }

  return (
    <section className="panel webhook" aria-labelledby={webhookId}>
      <div className="webhook-head">
        <div>
          <h2 id={webhookId} className="webhook-url">
            <Untrusted text={url} />
          </h2>
          {description !== '' && (
            <p>
              <Untrusted text={description} />
            </p>
          )}
          <p className="quiet">
            {events.map((event) => eventWords[event]).join(' · ')} · added{' '}
            <time dateTime={createdAt} title={formatTimestamp(createdAt)}>
              {formatAge(createdAt, now)}
            </time>{' '}
            by <Untrusted text={createdBy} />
          </p>
        </div>
        <ToneLabel {...webhookWords(webhook)} />
      </div>
      <Standing webhook={webhook} now={now} />
      <div className="actions">
        <Button onClick={() => void test()}>Send a test</Button>
        <Button onClick={() => setAsked('rotate')}>New secret</Button>
        <Button onClick={() => void turn(disabled !== null)}>{disabled === null ? 'Disable' : 'Enable'}</Button>
        <Button onClick={() => setAsked('delete')}>Delete</Button>
      </div>
      {asked !== null && (
        <Notice tone="caution" title={questions[asked].title}>
          <p>{questions[asked].text}</p>
          <div className="actions">
            <Button variant="primary" onClick={() => void confirmed[asked]()}>
              {questions[asked].yes}
            </Button>
            <Button onClick={() => setAsked(null)}>Leave it</Button>
          </div>
        </Notice>
      )}
      <FailureNotice title="That did not work" error={error} />
      <DeliveriesSection key={tests} webhookId={webhookId} isDisabled={disabled !== null} changed={changed} />
    </section>
  )
}

/** Why nothing is sent, or since when nothing arrives. */
const Standing = ({ webhook: { disabled, failing }, now }: { readonly webhook: Webhook; readonly now: number }) => {
  if (disabled !== null)
    return (
      <Notice tone={disabled.by === 'dumpline' ? 'bad' : 'neutral'} title="Nothing is sent to it">
        <p>
          <Untrusted text={disabled.reason} /> {formatTimestamp(disabled.at)}
          {disabled.by !== 'dumpline' && (
            <>
              , by <Untrusted text={disabled.by} />
            </>
          )}
        </p>
        <p className="quiet">What happens meanwhile is not made up for.</p>
      </Notice>
    )
  if (failing === null) return null
  const { since, attempts } = failing
  return (
    <Notice tone="caution" title="Nothing arrives">
      <p>
        {attempts === 1 ? 'The last attempt failed' : `The last ${attempts} attempts failed`}, the first of them{' '}
        {formatAge(since, now)}. After three days and ten attempts it is disabled by itself.
      </p>
    </Notice>
  )
}
