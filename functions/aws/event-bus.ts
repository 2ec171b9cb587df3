import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { AnalysisEvent } from '../../shared/cases/webhooks/analysis-event.ts'
import { environment } from './environment.ts'

/** Puts an event on the bus that others subscribe to. Throws when the bus did not take it. */
export type Publish = (event: AnalysisEvent) => Promise<void>

/** The `source` that rules for our events match. */
const eventSource = 'dumpline'

export const busPublish =
  (client: EventBridgeClient): Publish =>
  async (event) => {
    const entry = {
      EventBusName: environment('EVENT_BUS_NAME'),
      Source: eventSource,
      DetailType: event.type,
      Time: new Date(event.timestamp),
      Detail: JSON.stringify(event),
    }
    const { FailedEntryCount = 0, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }))
    if (FailedEntryCount > 0) throw new Error(`The event bus refused an event: ${Entries?.[0]?.ErrorMessage}`)
  }
