import { announceHandler } from '../../functions/announce/announce-handler.ts'
import { stageHandler } from '../../functions/aws/stage-handler.ts'
import type { QueueOwner } from '../../functions/aws/stage-queues.ts'
import { ingestHandler } from '../../functions/ingest/ingest-handler.ts'
import { shardHandler } from '../../functions/scan/shard-handler.ts'
import { sweepHandler } from '../../functions/sweep/sweep-handler.ts'
import {
  announceQueue,
  functionSettings,
  maxReceiveCount,
  type QueueFedFunction,
  queueSettings,
  sweepEveryMinutes,
} from '../../infra/aws/stage-settings.ts'
import { dumpKey, unpackedKey } from '../../shared/cases/object-keys.ts'
import type { AnalysisRecord, CaseRecord } from '../../shared/cases/records.ts'
import { caseStore } from '../../shared/cases/store.ts'
import type { Item, Table } from '../../shared/cases/table.ts'
import { tenantStore } from '../../shared/cases/tenant-store.ts'
import { firstUploadLook } from '../../shared/cases/transitions.ts'
import type { AnalysisEvent } from '../../shared/cases/webhooks/analysis-event.ts'
import type { EndMessage } from '../../shared/messages/end-message.ts'
import type { ShardMessage } from '../../shared/messages/shard-message.ts'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { caseRecord, finishedObject, ids, start, uploadingDump } from '../cases/records.ts'
import { lambdaContext, memoryDocuments, queueTools, sqsEvent, sqsRecord } from './fakes.ts'
import { bytesSource, emptyJobs, type Jobs } from './jobs.ts'
import { memoryUnpackStorage } from './memory-unpack-storage.ts'

/**
 * What happens to a process at one of its I/O steps. `fail`: the step throws, and has done nothing. `answer-lost`: it is
 * done, the answer does not arrive, and the SDK sends the request again.
 */
export type Fate = 'go-on' | 'fail' | 'answer-lost' | 'killed-before' | 'killed-after'

/** Told of each step of each process, in the order in which they happen. */
export type Fates = (step: string) => Fate

export type SimulationOptions = {
  readonly jobs?: Jobs
  readonly fates?: Fates
  /** A number from 0 to 1, the next of a seeded sequence: which message is next, how long things take. */
  readonly random?: () => number
  /** Whether each message is delivered twice: at once with itself, or again after it has been dealt with. */
  readonly twice?: boolean
  /** The upload, where it is something else than a dump of nothing. */
  readonly upload?: Uint8Array
  /** Whether S3's event about the upload never comes. */
  readonly withoutEvent?: boolean
}

type QueueName = QueueFedFunction | 'announce'
type Queued = { id: number; queue: QueueName; body: string; visibleAt: number; receives: number }

class Killed extends Error {
  override readonly name = 'Killed'
}

const mostSteps = 3_000
const emptyDump = new Uint8Array(8192)
const id = { tenant: 'default', ...ids }

/**
 * One dump's way from its finished upload to its end, in this process: the real handlers over fakes, queues that
 * deliver, redeliver and give up as SQS does by the deployed settings, a schedule for the sweep, and a clock that jumps
 * to whatever comes next. A killed process does nothing any more, and its message comes back when its visibility ends.
 */
export const simulate = async (options: SimulationOptions = {}) => {
  const { fates = () => 'go-on', random = () => 0, jobs = emptyJobs(), twice = false } = options
  const upload = options.upload ?? emptyDump
  const unpacked = memoryUnpackStorage()
  const world = { ms: start.getTime(), messages: 0 }
  const queued: Queued[] = []
  const deadLetters: string[] = []
  const published: AnalysisEvent[] = []
  const table = watched(memoryTable())
  const documents = memoryDocuments()
  const steps: string[] = []
  const journeys = new Set<string>()
  const push = (queue: QueueName, body: string): void => {
    queued.push({ id: ++world.messages, queue, body, visibleAt: world.ms, receives: 0 })
  }

  await caseStore(table.table, 'default').cases.insert(ids, caseRecord)
  await caseStore(table.table, 'default').dumps.insert(ids, { ...uploadingDump, sweepAt: firstUploadLook(start) })
  const event = { key: dumpKey(id), size: finishedObject.bytes, eTag: finishedObject.etag, versionId: 'v1' }
  if (!options.withoutEvent)
    push('ingest', JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put', s3: { object: event } }] }))

  /** The ports of one process, each of whose calls is a step. */
  const processPorts = (name: string, retryIn: (seconds: number) => void) => {
    const life = { isOver: false }
    const io =
      <Args extends unknown[], Result>(what: string, call: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        // Others get their turn at each step.
        await Promise.resolve()
        if (life.isOver) throw new Killed()
        const step = `${name} ${what}`
        steps.push(step)
        const fate = fates(step)
        if (fate === 'fail') throw new Error('The connection broke.')
        life.isOver = fate === 'killed-before'
        if (life.isOver) throw new Killed()
        if (fate === 'answer-lost') await call(...args)
        const result = await call(...args)
        life.isOver ||= fate === 'killed-after'
        if (life.isOver) throw new Killed()
        return result
      }
    const { table: plain } = table
    const faultyTable: Table = {
      get: io('get', plain.get),
      put: io('put', plain.put),
      query: io('query', plain.query),
      due: io('due', plain.due),
      list: io('list', plain.list),
      listUp: io('list-up', plain.listUp),
      page: io('page', plain.page),
      getMany: io('get-many', plain.getMany),
      raise: io('raise', plain.raise),
      remove: io('remove', plain.remove),
    }
    return {
      life,
      ports: {
        table: faultyTable,
        store: (tenant: string) => caseStore(faultyTable, tenant, () => new Date(world.ms)),
        documents: { ...documents, read: io('read', documents.read), write: io('write', documents.write) },
        now: () => new Date(world.ms),
        send: io('send', async (message: StageMessage) => {
          journeys.add(`${message.lane} ${message.traceId}`)
          push(message.stage, JSON.stringify(message))
        }),
        sendShard: io('send shard', async (message: ShardMessage) => {
          journeys.add(`${message.lane} ${message.traceId}`)
          push('scan', JSON.stringify(message))
        }),
        tellEnd: io('tell end', async (message: EndMessage) => push('announce', JSON.stringify(message))),
        tenantStore: (tenant: string) => tenantStore(faultyTable, tenant),
        tellWebhook: async () => undefined,
        publish: io('publish', async (event: AnalysisEvent) => {
          published.push(event)
        }),
        backlog: io(
          'backlog',
          async (owner: QueueOwner) =>
            queued.filter(({ queue, visibleAt }) => queue === owner && visibleAt <= world.ms).length,
        ),
        head: io('head', async () => finishedObject),
        abort: io('abort', async () => undefined),
        open: () => {
          const source = bytesSource(unpacked.objects.get(unpackedKey(id))?.bytes ?? upload)
          return { size: source.size, read: io('fetch', source.read) }
        },
        openUpload: () => {
          const source = bytesSource(upload)
          return { size: source.size, read: io('fetch upload', source.read) }
        },
        peek: io('peek', async () => upload.subarray(0, 16)),
        storage: {
          start: io('start', unpacked.storage.start),
          listParts: io('list parts', unpacked.storage.listParts),
          putPart: io('put part', unpacked.storage.putPart),
          complete: io('complete', unpacked.storage.complete),
          abort: io('abort', unpacked.storage.abort),
          head: io('head', unpacked.storage.head),
        },
        newId: (kind: string) => `${kind}_00000000010000000000000${String(++world.messages).padStart(3, '0')}`,
        engineVersion: '0.1.0',
        clock: () => 0,
        peakMemory: () => 1,
      },
      tools: {
        ...queueTools(),
        retryIn: io('retry', async (_message: unknown, seconds: number) => retryIn(seconds)),
      },
    }
  }

  const handlerOf = (queue: QueueName, { ports, tools }: ReturnType<typeof processPorts>) =>
    queue === 'announce'
      ? announceHandler(ports, tools)
      : queue === 'ingest'
        ? ingestHandler(ports, tools)
        : queue === 'scan'
          ? shardHandler((shard) => jobs.scan(ports, shard), ports, tools, maxReceiveCount)
          : stageHandler(jobs[queue](ports), ports, tools, maxReceiveCount)

  /** True when the message is done with. */
  const deliver = async (message: Queued): Promise<boolean> => {
    const { queue, body, receives } = message
    const { visibilitySeconds } = queue === 'announce' ? announceQueue : queueSettings[queue]
    message.visibleAt = world.ms + visibilitySeconds * 1000
    const process = processPorts(queue, (seconds) => {
      message.visibleAt = world.ms + seconds * 1000
    })
    const event = sqsEvent(sqsRecord(String(message.id), body, receives))
    const context = lambdaContext(functionSettings[queue].timeoutSeconds * 1000)
    const { batchItemFailures } = await handlerOf(queue, process)(event, context)
    return !process.life.isOver && batchItemFailures.length === 0
  }

  const receive = async (message: Queued): Promise<void> => {
    if (message.receives === maxReceiveCount) {
      queued.splice(queued.indexOf(message), 1)
      deadLetters.push(message.queue)
      return
    }
    message.receives++
    const atOnce = twice && random() < 0.5
    const ends = await Promise.all(atOnce ? [deliver(message), deliver(message)] : [deliver(message)])
    if (twice && !atOnce && message.receives === 1) message.visibleAt = world.ms + random() * 60_000
    else if (ends.includes(true)) queued.splice(queued.indexOf(message), 1)
  }

  let nextSweep = world.ms + sweepEveryMinutes * 60_000
  let count = 0
  for (; count < mostSteps; count++) {
    const visible = queued.filter(({ visibleAt }) => visibleAt <= world.ms)
    const isOpen = queued.length > 0 || (await table.table.due('due', '9', 1)).length > 0
    if (!isOpen) break
    if (world.ms >= nextSweep) {
      nextSweep += sweepEveryMinutes * 60_000
      const process = processPorts('sweep', () => {})
      await sweepHandler(process.ports, process.tools)(undefined, lambdaContext(240_000)).catch((error: unknown) => {
        // EventBridge does not care, and runs it again in five minutes.
        if (!(error instanceof Error)) throw error
      })
    } else if (visible.length > 0) {
      await receive(visible[Math.floor(random() * visible.length)])
      world.ms += Math.floor(random() * 2_000)
    } else world.ms = Math.min(nextSweep, ...queued.map(({ visibleAt }) => visibleAt))
  }

  const detail = (await caseStore(table.table, 'default').detail(ids.caseId))!
  const analyses = detail.dumps[0].analyses
  return {
    isOver: count < mostSteps,
    minutes: (world.ms - start.getTime()) / 60_000,
    steps,
    deadLetters,
    /** What the bus was given. */
    published,
    detail,
    analyses,
    stages: analyses.flatMap(({ stages }) => stages.map(({ stage, status }) => `${stage} ${status}`)),
    notes: analyses.flatMap(({ stages }) => stages.map(({ note }) => note)),
    /** Everything that must not depend on how the end was reached: no times, no attempts. */
    outcome: {
      case: { ...detail.case, outcomeOf: null, statusOf: null },
      found: [...table.entries()].sort(),
      dump: detail.dumps[0].dump.status,
      current: analyses.findIndex(({ analysis }) => analysis.analysisId === detail.dumps[0].dump.currentAnalysisId),
      analyses: analyses.map(({ analysis: { status, headline, verdict, lane, traceId }, stages, shards }) => ({
        analysis: { status, headline, verdict, lane, traceId },
        shards,
        stages: stages.map(({ stage, status, cost, note }) => ({ stage, status, cost, note })),
      })),
      /** What subscribers know in the end: what was told twice has one id. */
      announced: [...new Set(published.map(({ id, type }) => `${type} ${id}`))].map((text) =>
        text.replace(/event_\w+/, 'event'),
      ),
      unannounced: analyses.filter(({ analysis }) => typeof analysis.announcedAt !== 'string').length,
      texts: [...documents.texts].map(([key, text]) => [key.replace(/analysis_\w+/, 'analysis'), text]).sort(),
    },
    events: table.events,
    /** What was unpacked, if the upload was an archive. */
    unpacked: unpacked.objects.get(unpackedKey(id))?.bytes ?? null,
    /** Lane and trace id of every message that was sent. */
    journeys: [...journeys],
  }
}

/**
 * A table that notes what a subscriber would be told: each end of an analysis, and each outcome shown on a case.
 * `entries` is what the case is found by.
 */
const watched = (table: ReturnType<typeof memoryTable>) => {
  const events: string[] = []
  const put = async (item: Item, expected: number | null): Promise<boolean> => {
    const before = (await table.get(item))?.record as Partial<AnalysisRecord & CaseRecord> | undefined
    const done = await table.put(item, expected)
    const after = item.record as Partial<AnalysisRecord & CaseRecord>
    if (done && item.sk.startsWith('analysis#') && before?.status !== after.status) events.push(`${after.status}`)
    if (done && item.sk === 'case' && before !== undefined && before.outcomeOf !== after.outcomeOf)
      events.push('announced')
    return done
  }
  const entries = () =>
    [...table.items.values()].filter(({ pk }) => pk.includes('#find#')).map(({ pk, sk }) => `${pk} ${sk}`)
  return { table: { ...table, put }, events, entries }
}
