import type { z } from 'zod'
import { AnalysisEvent, type EventType } from '../../shared/cases/webhooks/analysis-event.ts'
import { TestEvent } from '../../shared/cases/webhooks/webhook.ts'
import { schemaOf } from './schema-of.ts'

const data = {
  tenant: 'default',
  caseId: 'case_01jz3s6q8e5k0v9h2m4n6p8r0t',
  dumpId: 'dump_01jz3s6r1a2b3c4d5e6f7g8h9j',
  analysisId: 'analysis_01jz3s6s7t8v9w0x1y2z3a4b5c',
  verdict: 'culprit',
  engineVersion: '1.0.0',
  supersedes: null,
  batchId: null,
}
const timestamp = '2026-03-04T05:06:07.000Z'

/** An event of each type, as its description shows it. */
const eventExamples: Readonly<Record<EventType, unknown>> = {
  'analysis.finished': {
    id: 'event_01jz3s6s7t8v9w0x1y2z3a4b5c-finished',
    type: 'analysis.finished',
    timestamp,
    data,
  },
  'analysis.failed': {
    id: 'event_01jz3s6s7t8v9w0x1y2z3a4b5c-failed',
    type: 'analysis.failed',
    timestamp,
    data: { ...data, verdict: null },
  },
  'webhook.test': {
    id: 'event_01jz3s6t0a1b2c3d4e5f6g7h8j',
    type: 'webhook.test',
    timestamp,
    data: { tenant: 'default', webhookId: 'webhook_01jz3s6v4k5m6n7p8q9r0s1t2v' },
  },
}

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
})

const signature = [
  header('webhook-id', 'The event’s id, the same at every attempt: what came before may be left alone.'),
  header('webhook-timestamp', 'When this attempt was made, in seconds since 1970.'),
  header(
    'webhook-signature',
    '`v1,` and HMAC-SHA256 in base64 of id, timestamp and body with dots between, by the webhook’s secret; two of them, separated by a space, for a day after the secret was rotated. The libraries of Standard Webhooks check it.',
  ),
]

const request = (type: EventType, summary: string, schema: z.ZodType) => ({
  post: {
    operationId: `on${type.split('.').map(capital).join('')}`,
    tags: ['webhooks'],
    summary,
    description:
      'Any 2xx within ten seconds means that it arrived. Anything else is tried again seven times over some 20 hours (a test is not); 410 ends it. Redirects are not followed.',
    parameters: signature,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: schemaOf(schema, 'output'), example: eventExamples[type] } },
    },
    responses: { 200: { description: 'It arrived.' }, 410: { description: 'Nothing more is wanted.' } },
  },
})

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** The requests that we make of others, as OpenAPI 3.1 describes them. */
export const describedWebhooks = {
  'analysis.finished': request('analysis.finished', 'An analysis has its verdict', AnalysisEvent),
  'analysis.failed': request('analysis.failed', 'An analysis could not be made', AnalysisEvent),
  'webhook.test': request('webhook.test', 'Somebody tries the webhook out', TestEvent),
}
