import Button from '@cloudscape-design/components/button'
import type { WebhookWithSecret } from '../../../shared/cases/webhooks/webhook-api.ts'
import { CopyButton } from '../copy-button.tsx'
import { formatTimestamp } from '../format/time.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { Notice } from '../notice.tsx'
import { ToldOnce } from '../told-once.tsx'

type SecretNoticeProps = { readonly told: WebhookWithSecret; readonly close: () => void }

/** A webhook's secret, which is shown this once and gone with the notice. */
export const SecretNotice = ({ told: { webhook, secret }, close }: SecretNoticeProps) => (
  <ToldOnce>
    <Notice tone="good" title="Copy the secret now: it is shown this once">
      <p className="link-address">
        <code>{secret}</code>
        <CopyButton text={secret} label="Copy the secret" />
      </p>
      <p>
        It is the secret of <Untrusted text={webhook.url} />.
        {webhook.secretUntil !== null &&
          ` The one before signs beside it until ${formatTimestamp(webhook.secretUntil)}, so that you can change over.`}
      </p>
      <Button onClick={close}>I have it</Button>
    </Notice>
  </ToldOnce>
)
