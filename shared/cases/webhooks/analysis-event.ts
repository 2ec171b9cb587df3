import { z } from 'zod'
import { Verdict } from '../../analysis/finding.ts'
import { Timestamp } from '../../analysis/scalars.ts'
import type { AnalysisRecord } from '../records.ts'

/** `webhook.test` is sent to one webhook, when somebody tries it out. */
export const EventType = z.enum(['analysis.finished', 'analysis.failed', 'webhook.test'])
export type EventType = z.infer<typeof EventType>

/** What an event is about is part of its id, so that it is the same however often it is told. */
export const EventId = z.string().regex(/^event_[0-9a-z]{26}(-finished|-failed)?$/, 'is not the id of an event')

/**
 * What dumpline announces: as the body of a webhook's request ("Payload structure" of the Standard Webhooks
 * specification, and the event's id), and as detail of an EventBridge event of this type. Told at least once; the same
 * event has the same `id` each time. It names things and says the verdict: nothing of a dump's contents is in it, and who
 * wants to know more asks the API.
 */
export const AnalysisEvent = z.object({
  id: EventId,
  type: EventType.exclude(['webhook.test']),
  /** When the analysis ended. */
  timestamp: Timestamp,
  data: z.object({
    tenant: z.string(),
    caseId: z.string(),
    dumpId: z.string(),
    analysisId: z.string(),
    /** Null for an analysis that failed. */
    verdict: Verdict.nullable(),
    engineVersion: z.string(),
    /** The analysis of the dump that counted when this one began; null for a first. */
    supersedes: z.string().nullable(),
    /** The batch of old cases that had it made: no case shows it before the batch is published. */
    batchId: z.string().nullable(),
  }),
})
export type AnalysisEvent = z.infer<typeof AnalysisEvent>

/** The event that an analysis's end is; null while it has none. */
export const endOf = (tenant: string, analysis: AnalysisRecord): AnalysisEvent | null => {
  const { caseId, dumpId, analysisId, status, finishedAt, verdict, engineVersion } = analysis
  if (status === 'running' || finishedAt === null) return null
  const how = status === 'done' ? 'finished' : 'failed'
  return {
    id: `${analysisId.replace(/^analysis/, 'event')}-${how}`,
    type: `analysis.${how}`,
    timestamp: finishedAt,
    data: {
      tenant,
      caseId,
      dumpId,
      analysisId,
      verdict: status === 'done' ? verdict : null,
      engineVersion,
      supersedes: analysis.supersedes ?? null,
      batchId: analysis.batchId ?? null,
    },
  }
}
