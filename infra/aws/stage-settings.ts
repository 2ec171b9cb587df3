import { type Lane, lanes } from '../../shared/cases/lane.ts'
import type { Stage } from '../../shared/cases/stage.ts'
import { shardsAtOnce } from '../../shared/cost/estimate.ts'
import { scanMemoryMb, stageMemoryMb, webhooksMemoryMb } from '../../shared/cost/stage-memory.ts'

/**
 * What each function gets and how its queue behaves: the one place these numbers stand.
 *
 * The timeout contract (held by a test): an inner layer gives up before the layer around it. Lambda's timeout stays
 * below a sixth of its queue's visibility, so that a message never comes back while its first worker may still run
 * (AWS's rule for SQS event sources), and the API answers before API Gateway's 30 seconds are over.
 */
export type QueueSettings = {
  /** Messages a worker is given at once. Heavy stages take one: a retry then repeats one dump's work and no other's. */
  readonly batchSize: number
  readonly visibilitySeconds: number
}

export type FunctionSettings = { readonly memoryMb: number; readonly timeoutSeconds: number }

/** `scan` works on the shards of the pool stage. */
export type QueueFedFunction = 'ingest' | Stage | 'scan'
export const queueFedFunctions: readonly QueueFedFunction[] = [
  'ingest',
  'unpack',
  'header',
  'pool',
  'scan',
  'imports',
  'verdict',
]

export const functionSettings: Record<
  QueueFedFunction | 'api' | 'sweep' | 'retention' | 'reprocess' | 'announce' | 'webhooks' | 'token-claims',
  FunctionSettings
> = {
  api: { memoryMb: 512, timeoutSeconds: 25 },
  ingest: { memoryMb: 512, timeoutSeconds: 30 },
  unpack: { memoryMb: stageMemoryMb.unpack, timeoutSeconds: 900 },
  header: { memoryMb: stageMemoryMb.header, timeoutSeconds: 120 },
  pool: { memoryMb: stageMemoryMb.pool, timeoutSeconds: 900 },
  // Enough for 2 GiB at a tenth of the rate that S3 gives one function.
  scan: { memoryMb: scanMemoryMb, timeoutSeconds: 300 },
  imports: { memoryMb: stageMemoryMb.imports, timeoutSeconds: 600 },
  verdict: { memoryMb: stageMemoryMb.verdict, timeoutSeconds: 60 },
  // Ends before the next run begins.
  sweep: { memoryMb: 512, timeoutSeconds: 240 },
  retention: { memoryMb: 512, timeoutSeconds: 600 },
  // A step reads a batch's items, and compares analyses a few at a time.
  reprocess: { memoryMb: 1024, timeoutSeconds: 30 },
  announce: { memoryMb: 256, timeoutSeconds: 30 },
  // Twice what a receiver is given to answer in (functions/webhooks/post.ts).
  webhooks: { memoryMb: webhooksMemoryMb, timeoutSeconds: 20 },
  // Cognito waits five seconds, and the person who signs in as long.
  'token-claims': { memoryMb: 512, timeoutSeconds: 5 },
}

export const queueSettings: Record<QueueFedFunction, QueueSettings> = {
  ingest: { batchSize: 10, visibilitySeconds: 180 },
  unpack: { batchSize: 1, visibilitySeconds: 5400 },
  header: { batchSize: 1, visibilitySeconds: 720 },
  pool: { batchSize: 1, visibilitySeconds: 5400 },
  scan: { batchSize: 1, visibilitySeconds: 1800 },
  imports: { batchSize: 1, visibilitySeconds: 3600 },
  verdict: { batchSize: 1, visibilitySeconds: 360 },
}

/**
 * How many messages of a lane a stage works on at once. Each lane has its own share, so that a batch of old cases, or a
 * thousand uploads by a script, leaves the persons' share alone. SQS event sources take 2 to 1,000.
 */
export const laneConcurrency: Record<Lane, number> = { interactive: 20, normal: 20, reprocessing: 10 }

/** How many messages of each of its queues a function works on at once: one of a queue a lane, or of the only one. */
export const concurrencyOf = (name: QueueFedFunction): number[] =>
  name === 'ingest'
    ? [ingestConcurrency]
    : lanes.map((lane) => (name === 'scan' ? shardsAtOnce : laneConcurrency)[lane])

/** Of uploads' events; each function call takes a batch of them. */
export const ingestConcurrency = 5

/** The sweep never overlaps itself. */
export const sweepConcurrency = 1
export const sweepEveryMinutes = 5

/** Each case is looked at once a day; what a run did not get to is first in the next. */
export const retentionEveryHours = 1

/** Steps of batches. Each batch is worked on by one step at a time; SQS event sources take two messages at least. */
export const reprocessQueue: QueueSettings = { batchSize: 1, visibilitySeconds: 240 }
export const reprocessConcurrency = 2

/** How often batches are looked for whose message got lost. */
export const reprocessEveryMinutes = 1

/** Ends of analyses, each a few requests. */
export const announceQueue: QueueSettings = { batchSize: 5, visibilitySeconds: 180 }
export const announceConcurrency = 5

/** Attempts to deliver an event to a webhook. One alone, so that no slow receiver keeps another's event waiting. */
export const webhookQueue: QueueSettings = { batchSize: 1, visibilitySeconds: 120 }
export const webhookConcurrency = 10

/** A receiver's failures end before that (shared/cases/webhooks/delivery.ts): what goes to the dead letters failed by our fault. */
export const webhookReceiveCount = 12

/** Queues keep a message so long, dead-letter queues much longer. The sweep reckons with it (shared/cases/patience.ts). */
export const retentionDays = { queue: 4, deadLetters: 14 }

/** After this many receives a message goes to its dead-letter queue. */
export const maxReceiveCount = 5

/** API Gateway's HTTP APIs give an integration at most this long. */
export const apiGatewayTimeoutSeconds = 30

/** In how many zones the functions, and the one endpoint that costs by the hour, are (infra/aws/network.ts). */
export const zones = 2
