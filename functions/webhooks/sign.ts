import { createHmac } from 'node:crypto'

/**
 * The headers of a signed request: HMAC-SHA256 over id, time and body by each of the secrets, so that a receiver can tell
 * who sent it and what, and that it is not an old request sent again. `at` is in seconds ("Verifying webhook
 * authenticity", Standard Webhooks specification).
 */
export const signedHeaders = (
  id: string,
  at: number,
  body: string,
  secrets: readonly string[],
): Record<string, string> => ({
  'webhook-id': id,
  'webhook-timestamp': String(at),
  'webhook-signature': secrets.map((secret) => `v1,${signature(secret, `${id}.${at}.${body}`)}`).join(' '),
})

const signature = (secret: string, content: string): string =>
  createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(content)
    .digest('base64')
