import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { WebhookWithSecret } from '../../../shared/cases/webhooks/webhook-api.ts'
import { usePolled } from '../api/use-polled.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { Loading } from '../loading.tsx'
import { listWebhooks } from './client.ts'
import { SecretNotice } from './secret-notice.tsx'
import { WebhookForm } from './webhook-form.tsx'
import { WebhookPanel } from './webhook-panel.tsx'

const onceIsEnough = (): boolean => true

/** Where the tenant's events go: add an address, see how it does, try it, and take it away. */
export default function WebhooksPage() {
  const { value, error, refresh } = usePolled('webhooks', listWebhooks, onceIsEnough)
  const [isAdding, setAdding] = useState(false)
  const [told, setTold] = useState<WebhookWithSecret | null>(null)

  const tell = (secret: WebhookWithSecret): void => {
    setTold(secret)
    setAdding(false)
    refresh()
  }
  return (
    <>
      <title>Webhooks · dumpline</title>
      <div className="page-head">
        <div>
          <h1>Webhooks</h1>
          <p className="quiet">
            Your ticket system, or any other, hears of each verdict: a signed request after the Standard Webhooks
            specification, with ids and the verdict, and nothing out of a dump.
          </p>
        </div>
        {!isAdding && value !== undefined && value.webhooks.length > 0 && (
          <Button variant="primary" onClick={() => setAdding(true)}>
            Add a webhook
          </Button>
        )}
      </div>
      <FailureNotice title="The webhooks cannot be shown" error={error} again={refresh} />
      {value === undefined && error === undefined && <Loading what="webhooks" />}
      {isAdding && <WebhookForm added={tell} cancel={() => setAdding(false)} />}
      {told !== null && <SecretNotice told={told} close={() => setTold(null)} />}
      {value?.webhooks.length === 0 && !isAdding && (
        <section className="empty-list">
          <h2>No webhooks yet</h2>
          <p>
            Add the address of a receiver of yours. You get a secret for it, by which the receiver tells our requests
            from anybody else’s.
          </p>
          <Button variant="primary" onClick={() => setAdding(true)}>
            Add a webhook
          </Button>
        </section>
      )}
      {value?.webhooks.map((webhook) => (
        <WebhookPanel key={webhook.webhookId} webhook={webhook} changed={refresh} rotated={tell} />
      ))}
    </>
  )
}
