import type { EventType } from '../../../shared/cases/webhooks/analysis-event.ts'
import type { Delivery, Webhook } from '../../../shared/cases/webhooks/webhook-api.ts'
import type { Tone } from '../verdict/verdict-words.ts'

type Words = { readonly label: string; readonly tone: Tone }

export const eventWords: Record<EventType, string> = {
  'analysis.finished': 'An analysis has its verdict',
  'analysis.failed': 'An analysis failed',
  'webhook.test': 'Test',
}

export const deliveryWords = ({ status, attempts }: Delivery): Words => {
  if (status === 'delivered') return { label: 'Delivered', tone: 'good' }
  if (status === 'failed') return { label: 'Not delivered', tone: 'bad' }
  return attempts === 0 ? { label: 'On its way', tone: 'busy' } : { label: 'Tried again', tone: 'caution' }
}

export const webhookWords = ({ disabled, failing }: Webhook): Words => {
  if (disabled !== null) return { label: 'Disabled', tone: disabled.by === 'dumpline' ? 'bad' : 'neutral' }
  return failing === null ? { label: 'Enabled', tone: 'good' } : { label: 'Failing', tone: 'caution' }
}
