import type { BatchItem, BatchRecord } from '../../../shared/cases/batches/batch.ts'
import { planTotals, progressOf, verdictMoves } from '../../../shared/cases/batches/batch-progress.ts'
import { act, actionsOpenTo, type BatchAction } from '../../../shared/cases/batches/batch-transitions.ts'
import { takeOffNotice } from '../../../shared/cases/batches/publication.ts'
import {
  BatchItems,
  BatchList,
  BatchPage,
  BatchView,
  CreateBatch,
  ExportQuery,
  type ItemFilter,
  ItemQuery,
} from '../../../shared/cases/batches/reprocessing-api.ts'
import type { ApiPorts } from '../ports.ts'
import { conflict, notFound } from '../problem.ts'
import { type Route, route } from '../route.ts'
import { batchCsv } from './batch-csv.ts'

const findBatch = async (ports: ApiPorts, tenant: string, batchId: string): Promise<BatchRecord> => {
  const batch = await ports.batches(tenant).batches.get({ batchId })
  if (batch === null) throw notFound('batch')
  return batch
}

const viewOf = async (ports: ApiPorts, tenant: string, batch: BatchRecord): Promise<BatchView> => {
  const items = await ports.batches(tenant).itemsOf(batch.batchId)
  return {
    batch,
    plan: planTotals(items, batch.settings),
    progress: progressOf(items, batch.status),
    verdicts: verdictMoves(items),
    actions: actionsOpenTo(batch.status),
  }
}

const filters: Record<ItemFilter, (item: BatchItem) => boolean> = {
  all: () => true,
  changed: ({ difference }) => difference?.changed === true,
  culprit: ({ difference }) => difference?.culpritChanged === true,
  same: ({ state, difference }) => state === 'done' && !difference?.changed,
  failed: ({ state }) => state === 'failed',
  impossible: ({ state }) => state === 'impossible',
  open: ({ state }) => state === 'waiting' || state === 'launching' || state === 'running',
  kept: ({ publication }) => publication?.reason != null,
}

const actions: Record<BatchAction, string> = {
  'dry-run': 'Make the analyses of a sample; nothing is published',
  start: 'Run the batch',
  pause: 'Begin no more analyses until it is resumed',
  resume: 'Go on with a paused batch',
  cancel: 'Begin no more analyses at all; what is done may still be published',
  publish: 'Move the cases to their new analyses',
  'move-back': 'Move the cases back to the analyses they had before',
}

const actionRoute = (action: BatchAction): Route =>
  route({
    method: 'POST',
    path: `/reprocessing/{batchId}/${action}`,
    permission: 'reprocessing:run',
    summary: actions[action],
    status: 200,
    response: BatchView,
    run: async ({ tenant, caller, path: { batchId } }, ports) => {
      const reason = `${caller.subject} paused it.`
      const { batches, itemsOf } = ports.batches(tenant)
      const before = await findBatch(ports, tenant, batchId)
      if (
        action === 'publish' &&
        (await itemsOf(batchId)).some(({ state }) => state === 'launching' || state === 'running')
      )
        throw conflict('still-under-way', 'Some of its analyses are still under way. Publish it when they have ended.')
      const acted = await batches.change({ batchId }, (batch) => act(batch, action, ports.now(), reason))
      if (acted.refused === 'conflict')
        throw conflict('not-in-this-state', `This batch is ${before.status}: it does not take “${action}” now.`)
      // The schedule would find it too, within a minute.
      if (acted.refused === undefined) await ports.tellBatch({ tenant, batchId }, 0)
      return { value: await viewOf(ports, tenant, acted.record ?? before) }
    },
  })

export const reprocessingRoutes = [
  route({
    method: 'POST',
    path: '/reprocessing',
    permission: 'reprocessing:run',
    summary: 'Plan a batch of old cases to be done again; nothing runs before it is started',
    status: 201,
    body: CreateBatch,
    response: BatchView,
    run: async ({ tenant, caller, body }, ports) => {
      const at = ports.now().toISOString()
      const batch: BatchRecord = {
        batchId: ports.newId('batch'),
        ...body,
        status: 'planning',
        createdAt: at,
        createdBy: caller.subject,
        plannedAt: null,
        startedAt: null,
        endedAt: null,
        publishedAt: null,
        turn: 0,
        planCursor: null,
        cutOff: false,
        pause: null,
        lease: null,
        stepAt: at,
      }
      await ports.batches(tenant).batches.insert(batch, batch)
      await ports.tellBatch({ tenant, batchId: batch.batchId }, 0)
      return { value: await viewOf(ports, tenant, batch) }
    },
  }),
  route({
    method: 'GET',
    path: '/reprocessing',
    permission: 'cases:read',
    summary: 'List batches, newest first',
    status: 200,
    query: BatchPage,
    response: BatchList,
    run: async ({ tenant, query: { limit, cursor } }, ports) => {
      const found = await ports.batches(tenant).list(limit + 1, cursor ?? null)
      const batches = found.slice(0, limit)
      return { value: { batches, nextCursor: found.length > limit ? (batches.at(-1)?.batchId ?? null) : null } }
    },
  }),
  route({
    method: 'GET',
    path: '/reprocessing/{batchId}',
    permission: 'cases:read',
    summary: 'A batch, what its plan comes to and how far it is, counted from its items',
    status: 200,
    response: BatchView,
    run: async ({ tenant, path: { batchId } }, ports) => ({
      value: await viewOf(ports, tenant, await findBatch(ports, tenant, batchId)),
    }),
  }),
  route({
    method: 'GET',
    path: '/reprocessing/{batchId}/items',
    permission: 'cases:read',
    summary: 'The dumps of a batch, with what their new analyses say differently',
    status: 200,
    query: ItemQuery,
    response: BatchItems,
    run: async ({ tenant, path: { batchId }, query: { show, limit, cursor } }, ports) => {
      await findBatch(ports, tenant, batchId)
      const found = (await ports.batches(tenant).itemsOf(batchId)).filter(filters[show])
      const from = cursor === undefined ? found : found.filter(({ dumpId }) => dumpId > cursor)
      const items = from.slice(0, limit)
      return { value: { items, nextCursor: from.length > limit ? (items.at(-1)?.dumpId ?? null) : null } }
    },
  }),
  route({
    method: 'GET',
    path: '/reprocessing/{batchId}/export',
    permission: 'cases:read',
    summary: 'All dumps of a batch with their differences, as a file',
    status: 200,
    query: ExportQuery,
    texts: ['text/csv', 'application/json'],
    run: async ({ tenant, path: { batchId }, query: { format } }, ports) => {
      await findBatch(ports, tenant, batchId)
      const items = await ports.batches(tenant).itemsOf(batchId)
      const fileName = `${batchId}.${format}`
      return format === 'csv'
        ? { text: batchCsv(items), mediaType: 'text/csv', fileName }
        : { text: JSON.stringify(items), mediaType: 'application/json', fileName }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/notice/seen',
    permission: 'cases:write',
    summary: 'Take off the notice that a batch named another culprit',
    status: 204,
    run: async ({ tenant, path: { caseId } }, { store }) => {
      const changed = await store(tenant).cases.change({ caseId }, takeOffNotice)
      if (changed.record === null) throw notFound('case')
      return { empty: true }
    },
  }),
  ...(Object.keys(actions) as BatchAction[]).map(actionRoute),
]
