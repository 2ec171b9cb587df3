import type { BatchItem, BatchRecord } from '../../shared/cases/batches/batch.ts'
import { itemsInPlay, paceOf } from '../../shared/cases/batches/batch-pacing.ts'
import { isUnderWay } from '../../shared/cases/batches/batch-progress.ts'
import { beginStep, completeBatch, endStep, pauseBatch } from '../../shared/cases/batches/batch-transitions.ts'
import { later } from '../../shared/cases/patience.ts'
import type { BatchMessage } from '../../shared/messages/batch-message.ts'
import { inParallel } from './in-parallel.ts'
import { launch } from './launch.ts'
import { planStep } from './plan-step.ts'
import type { ReprocessPorts } from './ports.ts'
import { isToMoveBack, isToPublish, moveBack, publish } from './publish.ts'
import { settle } from './settle.ts'

/** `worked` went on for a step; the others found nothing to do, or somebody else at it. */
export type StepEnd =
  | { readonly end: 'worked'; readonly status: BatchRecord['status'] }
  | { readonly end: 'failed'; readonly error: unknown }
  | { readonly end: 'idle' | 'busy' | 'absent' }

export type StepOptions = {
  /** Who takes the step: no two steps have the same name. */
  readonly holder: string
  /** How long the function may still run. */
  readonly leaseMs: number
}

/** After a step that failed, AWS gets a little time to recover. */
const troubleMs = 10_000
const atOnce = 8
/** While analyses are under way, so soon is looked again. */
const watchMs = 2_000

/**
 * Works on a batch for one step, and has the next one begun by a message. What a step does may be done again: one that
 * dies is taken up by the schedule when its lease is over.
 */
export const stepBatch = async (
  ports: ReprocessPorts,
  message: BatchMessage,
  { holder, leaseMs }: StepOptions,
): Promise<StepEnd> => {
  const { batches } = ports.batches(message.tenant)
  const begun = await batches.change(message, (batch) => beginStep(batch, { holder, at: ports.now(), leaseMs }))
  if (begun.refused === 'absent') return { end: 'absent' }
  if (begun.refused !== undefined) return { end: begun.refused === 'busy' ? 'busy' : 'idle' }

  const until = later(ports.now(), leaseMs / 2)
  let next: Date | null
  let failure: { error: unknown } | null = null
  try {
    next = await work(ports, message.tenant, begun.record, until)
  } catch (error) {
    failure = { error }
    next = later(ports.now(), troubleMs)
  }
  const ended = await batches.change(message, (batch) => endStep(batch, holder, next, ports.now()))
  const stepAt = ended.record?.stepAt ?? null
  if (ended.refused === undefined && stepAt !== null) {
    const wait = (Date.parse(stepAt) - ports.now().getTime()) / 1000
    await ports.tell({ tenant: message.tenant, batchId: message.batchId }, Math.max(0, Math.ceil(wait)))
  }
  return failure === null
    ? { end: 'worked', status: ended.record?.status ?? begun.record.status }
    : { end: 'failed', ...failure }
}

/** When to go on; null when nothing is left to do. */
const work = async (ports: ReprocessPorts, tenant: string, batch: BatchRecord, until: Date): Promise<Date | null> => {
  switch (batch.status) {
    case 'planning':
      await planStep(ports, tenant, batch, until)
      return null
    case 'publishing':
      return exchangeAll(ports, tenant, batch, until, isToPublish, publish)
    case 'moving-back':
      return exchangeAll(ports, tenant, batch, until, isToMoveBack, moveBack)
    default:
      return run(ports, tenant, batch, until)
  }
}

const exchangeAll = async (
  ports: ReprocessPorts,
  tenant: string,
  batch: BatchRecord,
  until: Date,
  isOpen: (item: BatchItem, batch: BatchRecord) => boolean,
  exchange: (ports: ReprocessPorts, tenant: string, batch: BatchRecord, item: BatchItem) => Promise<void>,
): Promise<Date | null> => {
  const { batches, itemsOf } = ports.batches(tenant)
  const open = (await itemsOf(batch.batchId)).filter((item) => isOpen(item, batch))
  let left = open.length
  await inParallel(open, atOnce, async (item) => {
    if (ports.now() >= until) return
    await exchange(ports, tenant, batch, item)
    left--
  })
  if (left > 0) return ports.now()
  await batches.change(batch, (record) => completeBatch(record, ports.now()))
  return null
}

/** Settles what ended, begins what may begin, and sees whether that was all. */
const run = async (ports: ReprocessPorts, tenant: string, batch: BatchRecord, until: Date): Promise<Date | null> => {
  const { batches, itemsOf } = ports.batches(tenant)
  const items = await itemsOf(batch.batchId)
  const publishesAtOnce = batch.status !== 'trying' && batch.settings.publish === 'at-once'
  await inParallel(items.filter(isUnderWay), atOnce, async (item) => {
    if (item.state === 'launching') return launch(ports, tenant, batch, item)
    const settled = await settle(ports, tenant, item)
    items[items.indexOf(item)] = settled
    if (publishesAtOnce && settled.state === 'done') await publish(ports, tenant, batch, settled)
  })

  if (batch.status === 'trying' || batch.status === 'running') {
    const pace = paceOf(batch, items, ports.now())
    await inParallel(pace.launch, atOnce, async (item) => {
      // A pause or a cancellation takes effect here.
      const current = await batches.get(batch)
      if (current?.status === batch.status && ports.now() < until) await launch(ports, tenant, batch, item)
    })
    const isOver = itemsInPlay(batch, items).every(({ state }) => state !== 'waiting') && !items.some(isUnderWay)
    if (isOver) {
      await batches.change(batch, (record) =>
        record.status === batch.status ? completeBatch(record, ports.now()) : { refused: 'settled' },
      )
      return null
    }
    if (pace.pause !== null) await batches.change(batch, (record) => pauseBatch(record, pace.pause ?? '', ports.now()))
    return later(
      ports.now(),
      items.some(isUnderWay) || pace.launch.length > 0 ? Math.min(pace.waitMs, watchMs) : pace.waitMs,
    )
  }
  return items.some(isUnderWay) ? later(ports.now(), watchMs) : null
}
