import { Construct } from 'constructs'
import { Alarms } from './alarms.ts'
import type { Announcements } from './announcements.ts'
import type { Api } from './api.ts'
import { Dashboard } from './dashboard.ts'
import type { Pipeline } from './pipeline.ts'
import type { Reprocessing } from './reprocessing.ts'
import type { Retention } from './retention.ts'
import { functionSettings } from './stage-settings.ts'
import type { Storage } from './storage.ts'
import type { People } from './user-pool.ts'
import type { Watched } from './watched.ts'

/** The parts of the stack that are watched: all functions and all queues, which a test holds it to. */
export type Parts = {
  readonly storage: Storage
  readonly pipeline: Pipeline
  readonly reprocessing: Reprocessing
  readonly retention: Retention
  readonly announcements: Announcements
  readonly api: Api
  readonly people: People
}

/** Alarms, and the dashboard that shows what they watch. */
export class Observability extends Construct {
  constructor(scope: Construct, id: string, parts: Parts) {
    super(scope, id)
    const { storage, pipeline, reprocessing, retention, announcements, api, people } = parts
    const functions = {
      ...pipeline.functions,
      sweep: pipeline.sweep,
      retention: retention.function,
      api: api.function,
      reprocess: reprocessing.function,
      announce: announcements.announce,
      webhooks: announcements.webhooks,
    }
    const settingsOf = (name: keyof typeof functions) => functionSettings[name]
    const watched: Watched = {
      functions: [
        ...(Object.keys(functions) as (keyof typeof functions)[]).map((name) => ({
          name,
          fn: functions[name].fn,
          memoryMb: settingsOf(name).memoryMb,
        })),
        { name: 'tokenClaims', fn: people.tokenClaims.fn, memoryMb: functionSettings['token-claims'].memoryMb },
      ],
      queues: Object.entries({
        ...pipeline.queues,
        reprocess: [reprocessing.queue],
        announce: [announcements.queue],
        webhooks: [announcements.webhookQueue],
      }).map(([name, lanes]) => ({
        name,
        lanes,
        deadLetters: lanes[0].deadLetters,
      })),
      sweep: pipeline.sweep.fn,
      api: api.api,
      bucket: storage.bucket,
      network: storage.network,
    }
    new Alarms(this, 'Alarms', watched)
    new Dashboard(this, 'Dashboard', watched)
  }
}
