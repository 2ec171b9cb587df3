import type { CaseStore } from '../../shared/cases/store.ts'
import { noteAnnounced } from '../../shared/cases/transitions.ts'
import { type AnalysisEvent, endOf } from '../../shared/cases/webhooks/analysis-event.ts'
import type { EndMessage } from '../../shared/messages/end-message.ts'
import type { Publish } from '../aws/event-bus.ts'
import { type FanOutPorts, fanOut } from '../webhooks/fan-out.ts'

export type AnnouncePorts = FanOutPorts & {
  readonly store: (tenant: string) => CaseStore
  readonly publish: Publish
}

/**
 * Announces the end of an analysis, once its record says so, and then notes that this was done: whoever is interrupted
 * before that does it again, under the same id. Returns the event; null where there was nothing to announce.
 */
export const announce = async (ports: AnnouncePorts, id: EndMessage): Promise<AnalysisEvent | null> => {
  const { analyses } = ports.store(id.tenant)
  const analysis = await analyses.get(id)
  const event = analysis === null ? null : endOf(id.tenant, analysis)
  if (analysis === null || event === null || analysis.announcedAt !== null) return null
  await ports.publish(event)
  await fanOut(ports, event)
  await analyses.change(id, (record) => noteAnnounced(record, analysis, ports.now()))
  return event
}
