import { announce } from '../../functions/announce/announce.ts'
import { dumpStage } from '../../functions/aws/dump-stage.ts'
import { stageHandler } from '../../functions/aws/stage-handler.ts'
import type { QueueOwner } from '../../functions/aws/stage-queues.ts'
import { reprocessHandler } from '../../functions/reprocess/reprocess-handler.ts'
import { sweepHandler } from '../../functions/sweep/sweep-handler.ts'
import {
  functionSettings,
  laneConcurrency,
  maxReceiveCount,
  queueSettings,
  reprocessConcurrency,
  reprocessEveryMinutes,
  reprocessQueue,
  sweepEveryMinutes,
} from '../../infra/aws/stage-settings.ts'
import { batchStore } from '../../shared/cases/batches/batch-store.ts'
import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import { type IdKind, idRandomBytes, makeId } from '../../shared/cases/ids.ts'
import type { Lane } from '../../shared/cases/lane.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import type { Stage } from '../../shared/cases/stage.ts'
import { stages } from '../../shared/cases/stage.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { tenantStore } from '../../shared/cases/tenant-store.ts'
import type { PinnedObject } from '../../shared/cases/transitions.ts'
import type { BatchMessage } from '../../shared/messages/batch-message.ts'
import type { EndMessage } from '../../shared/messages/end-message.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { prepare } from '../functions/api-under-test.ts'
import { lambdaContext, memoryDocuments, queueTools, sqsEvent, sqsRecord } from '../functions/fakes.ts'
import { bytesSource, neverPacked, realJobs } from '../functions/jobs.ts'
import { type Model, type Outdated, storeCase } from './stored-cases.ts'

type QueueName = `${Stage} ${Lane}` | 'reprocess'
type Queued = { id: number; queue: QueueName; body: string; visibleAt: number; receives: number; sentAt: number }
type Working = { message: Queued; until: number }

/** What a delivery takes in the world's time, in milliseconds, when nothing else is at work. */
const stageMs: Record<Stage, number> = { unpack: 900, header: 900, pool: 2_500, imports: 1_400, verdict: 350 }
const stepMs = 400

/**
 * What the world does to a dump's stages. `failing`: dumps whose header stage cannot be done. `disorder`: numbers from 0 to
 * 1; with them messages come in any order, and each twice, at once with itself or again after it has been dealt with.
 */
export type WorldOptions = {
  readonly model: Model
  readonly failing?: (dumpId: string) => boolean
  readonly disorder?: () => number
}

/**
 * The pipeline, the batches' function, their schedules and the API in this process: the real handlers over a table and
 * documents in memory, queues that deliver and redeliver as SQS does by the deployed settings and concurrencies, and a
 * clock that jumps. `kill` is the end of every process at once: what was being worked on is not done, and its message
 * comes back when its visibility is over.
 */
export const reprocessingWorld = ({ model, failing = () => false, disorder }: WorldOptions) => {
  const tenant = 'default'
  const world = { ms: Date.parse('2026-05-04T10:00:00Z'), made: 0, dumpReads: 0, steps: 0, deadLetters: 0 }
  const table = memoryTable()
  const documents = memoryDocuments()
  const now = () => new Date(world.ms)
  const store = caseStore(table, tenant, now)
  const objects = new Map<string, PinnedObject>()
  const queued: Queued[] = []
  let working: Working[] = []
  /** Milliseconds that messages of each queue waited for a worker. */
  const waits = new Map<QueueName, number[]>()

  const newId = (kind: IdKind) => {
    const random = new Uint8Array(idRandomBytes)
    new DataView(random.buffer).setUint32(0, ++world.made)
    return makeId(kind, now(), random)
  }
  const push = (queue: QueueName, body: string, delaySeconds = 0): void => {
    const visibleAt = world.ms + delaySeconds * 1000
    queued.push({ id: ++world.made, queue, body, visibleAt, receives: 0, sentAt: visibleAt })
  }
  const tell = async (message: BatchMessage, delaySeconds: number) =>
    push('reprocess', JSON.stringify(message), delaySeconds)
  const ports = {
    table,
    store: (name: string) => caseStore(table, name, now),
    batches: (name: string) => batchStore(table, name),
    documents,
    now,
    newId,
    tell,
    send: async (message: { stage: Stage; lane: Lane }) =>
      push(`${message.stage} ${message.lane}`, JSON.stringify(message)),
    backlog: async (owner: QueueOwner, lane: Lane) => queued.filter(({ queue }) => queue === `${owner} ${lane}`).length,
    head: async (key: string) => objects.get(key) ?? null,
    abort: async () => {},
    publish: async () => {},
    tenantStore: (name: string) => tenantStore(table, name),
    tellWebhook: async () => {},
    tellEnd: async (message: EndMessage) => void (await announce(ports, message)),
    engineVersion: '0.1.0',
    open: () => {
      const source = bytesSource(model.bytes)
      return {
        size: source.size,
        read: (offset: number, length: number) => {
          world.dumpReads++
          return source.read(offset, length)
        },
      }
    },
    peek: async () => new Uint8Array(),
    // No dump here is large enough for shards.
    sendShard: async () => undefined,
    clock: () => 0,
    peakMemory: () => 1,
  }
  const reading = { header: model.results.header, pool: model.results.pool, imports: model.results.imports }
  /** The stages read a little and find what they found in the model; the verdict is the real one. */
  const jobs = {
    unpack: realJobs.unpack(neverPacked(ports)),
    header: dumpStage('header', ports, async (source, { id }) => {
      await source.read(0, 4096)
      if (failing(id.dumpId)) throw new Error('The connection broke.')
      return reading.header
    }),
    pool: dumpStage('pool', ports, async (source) => {
      await source.read(0, 4096)
      return reading.pool
    }),
    imports: dumpStage('imports', ports, async (source) => {
      await source.read(0, 4096)
      return reading.imports
    }),
    verdict: realJobs.verdict(neverPacked(ports)),
  }
  const handlers = Object.fromEntries(
    stages.map((stage) => [stage, stageHandler(jobs[stage], ports, queueTools(), maxReceiveCount)]),
  )
  const reprocess = reprocessHandler(ports, queueTools())
  const sweep = sweepHandler(ports, queueTools())
  const api = prepare({ ...ports, tellBatch: tell })

  const settingsOf = (queue: QueueName) => {
    if (queue === 'reprocess')
      return { visibilityMs: reprocessQueue.visibilitySeconds * 1000, most: reprocessConcurrency, takesMs: stepMs }
    const [stage, lane] = queue.split(' ') as [Stage, Lane]
    return {
      visibilityMs: queueSettings[stage].visibilitySeconds * 1000,
      most: laneConcurrency[lane],
      takesMs: stageMs[stage],
    }
  }
  const deliver = async ({ queue, id, body, receives }: Queued): Promise<boolean> => {
    const stage = queue.split(' ')[0]
    const settings = functionSettings[stage === 'reprocess' ? 'reprocess' : (stage as Stage)]
    const event = sqsEvent(sqsRecord(`message ${id}`, body, receives))
    const context = lambdaContext(settings.timeoutSeconds * 1000)
    const answer = await (stage === 'reprocess' ? reprocess : handlers[stage])(event, context)
    return answer === undefined || answer.batchItemFailures.length === 0
  }

  /** In the order of their sending, or in any. */
  const inTurn = (): Queued[] =>
    disorder === undefined
      ? queued
      : queued
          .map((message) => ({ message, at: disorder() }))
          .sort((a, b) => a.at - b.at)
          .map(({ message }) => message)

  const handle = async (message: Queued): Promise<void> => {
    const atOnce = disorder !== undefined && disorder() < 0.5
    const ends = await Promise.all(atOnce ? [deliver(message), deliver(message)] : [deliver(message)])
    if (disorder !== undefined && !atOnce && message.receives === 1) message.visibleAt = world.ms + disorder() * 60_000
    else if (ends.includes(true) || message.receives >= maxReceiveCount) {
      queued.splice(queued.indexOf(message), 1)
      if (!ends.includes(true)) world.deadLetters++
    } else message.visibleAt = world.ms + 5_000
  }

  const schedules = [
    { every: sweepEveryMinutes * 60_000, next: world.ms + 60_000, run: () => sweep(undefined, lambdaContext(240_000)) },
    {
      every: reprocessEveryMinutes * 60_000,
      next: world.ms + 30_000,
      run: () => reprocess({}, { ...lambdaContext(30_000), awsRequestId: `schedule ${++world.made}` }),
    },
  ]

  /** Lets everything go on until the condition holds or so many minutes of the world's time are over. */
  const run = async (until: () => boolean | Promise<boolean>, minutes = 600): Promise<boolean> => {
    const end = world.ms + minutes * 60_000
    while (world.ms <= end) {
      if (await until()) return true
      for (const schedule of schedules)
        if (world.ms >= schedule.next) {
          schedule.next = world.ms + schedule.every
          await schedule.run()
        }
      for (const message of inTurn()) {
        if (message.visibleAt > world.ms) continue
        const { most, takesMs, visibilityMs } = settingsOf(message.queue)
        if (working.filter((one) => one.message.queue === message.queue).length >= most) continue
        const waited = waits.get(message.queue) ?? []
        waited.push(world.ms - message.visibleAt)
        waits.set(message.queue, waited)
        message.receives++
        message.visibleAt = world.ms + visibilityMs
        working.push({ message, until: world.ms + takesMs })
      }
      const next = Math.min(
        ...working.map((one) => one.until),
        ...schedules.map((schedule) => schedule.next),
        ...queued.map(({ visibleAt }) => (visibleAt > world.ms ? visibleAt : Number.POSITIVE_INFINITY)),
      )
      world.ms = Math.max(world.ms, next)
      const ended = working.filter((one) => one.until <= world.ms)
      working = working.filter((one) => one.until > world.ms)
      for (const { message } of ended) {
        world.steps++
        await handle(message)
      }
    }
    return false
  }

  let uploads = 0
  return {
    world,
    table,
    documents,
    store,
    batches: batchStore(table, tenant),
    objects,
    call: api.call,
    run,
    seed: async (count: number, outdated: Outdated, first = 0) => {
      const putDump = async (id: { tenant: string; caseId: string; dumpId: string }) => {
        const object = { bytes: model.bytes.length, etag: `etag of ${id.dumpId}`, versionId: 'v1' }
        objects.set(dumpKey(id), object)
        return object
      }
      for (let index = first; index < first + count; index++)
        await storeCase({ store, tenant, documents, putDump }, model, index, outdated)
    },
    /** A person's upload to a case, a new one without: its analysis begins at once. Its dump's id. */
    upload: async (intoCase?: string): Promise<{ caseId: string; dumpId: string }> => {
      const [caseId, dumpId] = [intoCase ?? newId('case'), newId('dump')]
      const at = now().toISOString()
      if (intoCase === undefined)
        await store.cases.insert(
          { caseId },
          { caseId, title: `New case ${++uploads}`, createdAt: at, headline: null, verdict: null, driver: null },
        )
      const dump = {
        caseId,
        dumpId,
        fileName: 'MEMORY.DMP',
        bytes: model.bytes.length,
        etag: dumpId,
        versionId: 'v1',
        status: 'uploaded' as const,
        createdAt: at,
        uploadedAt: at,
        currentAnalysisId: null,
        lane: 'interactive' as const,
      }
      await store.dumps.insert(dump, dump)
      const { analysisId } = await beginAnalysis(store, dump, {
        analysisId: newId('analysis'),
        engineVersion: '0.1.0',
        at: now(),
      })
      const message = {
        tenant,
        caseId,
        dumpId,
        analysisId,
        stage: 'header',
        attempt: 1,
        lane: 'interactive',
        traceId: null,
      }
      push('header interactive', JSON.stringify(message))
      return { caseId, dumpId }
    },
    /** Every process ends at once, and the stack comes up again after so long. */
    kill: (downMs = 20_000): void => {
      working = []
      world.ms += downMs
    },
    /** Every message that waits is gone. */
    loseMessages: (): void => void queued.splice(0),
    /** As if retention had taken it: every item of the case, and its dump. */
    deleteCase: (caseId: string): void => {
      for (const [name, item] of table.items) if (item.pk.endsWith(`#case#${caseId}`)) table.items.delete(name)
      for (const key of objects.keys()) if (key.includes(caseId)) objects.delete(key)
    },
    /** Messages that each function dealt with of the lane `reprocessing`, a minute. */
    perMinute: (minutes: number): Record<string, number> =>
      Object.fromEntries(
        [...stages.map((stage) => [stage, waits.get(`${stage} reprocessing`)?.length ?? 0] as const)]
          .filter(([, count]) => count > 0)
          .map(([stage, count]) => [stage, Math.round(count / minutes)]),
      ),
    /** Milliseconds that messages of a lane waited: median and longest. */
    queueing: (lane: Lane) => {
      const all = stages.flatMap((stage) => waits.get(`${stage} ${lane}`) ?? []).sort((a, b) => a - b)
      return { messages: all.length, medianMs: all[all.length >> 1] ?? 0, longestMs: all.at(-1) ?? 0 }
    },
  }
}

export type ReprocessingWorld = ReturnType<typeof reprocessingWorld>
