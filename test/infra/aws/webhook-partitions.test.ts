import { expect, test } from 'vitest'
import { deliver } from '../../../functions/webhooks/deliver.ts'
import { fanOut } from '../../../functions/webhooks/fan-out.ts'
import {
  auditPartition,
  casePartition,
  entryPartition,
  idempotencyPartition,
  tallyKey,
  webhookPartition,
} from '../../../shared/cases/item-keys.ts'
import type { Table } from '../../../shared/cases/table.ts'
import { tenantStore } from '../../../shared/cases/tenant-store.ts'
import { endOf } from '../../../shared/cases/webhooks/analysis-event.ts'
import { memoryTable } from '../../cases/memory-table.ts'
import { analysisRecord, ids, start, webhookRecord } from '../../cases/records.ts'
import { grantsOf, makeTemplate } from './synthesise.ts'

/** IAM's `StringLike`, of patterns of letters, `#` and `*` alone. */
const isLike = (text: string, pattern: string): boolean => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text)

const grants = grantsOf(makeTemplate(), 'webhooks').filter((grant) => grant.startsWith('dynamodb:'))
const may = (action: string, pk: string): boolean =>
  grants.some((grant) => {
    const [what, partition] = grant.split(' in ')
    return what === `dynamodb:${action} StorageCases` && (partition === undefined || isLike(pk, partition))
  })

test('all that deliveries read and write the webhooks’ function may, and nothing of a case', async () => {
  const asked = new Set<string>()
  const table = memoryTable()
  const noting: Table = {
    ...table,
    get: (key) => {
      asked.add(`GetItem ${key.pk}`)
      return table.get(key)
    },
    put: (item, expected) => {
      asked.add(`PutItem ${item.pk}`)
      return table.put(item, expected)
    },
  }
  const store = tenantStore(table, 'acme')
  await store.webhooks.insert(webhookRecord, webhookRecord)
  const event = endOf('acme', { ...analysisRecord, status: 'done', finishedAt: start.toISOString() })!
  const ports = { tenantStore: () => store, tellWebhook: async () => {}, now: () => start }
  await fanOut(ports, event)
  // Failing and arriving both change the webhook's own record.
  for (const status of [500, 200])
    await deliver(
      { ...ports, tenantStore: (tenant) => tenantStore(noting, tenant), post: async () => ({ status }) },
      { tenant: 'acme', webhookId: webhookRecord.webhookId, eventId: event.id },
    )
  expect(asked.size).toBe(4)
  for (const request of asked)
    expect([request, may(...(request.split(' ') as [string, string]))]).toEqual([request, true])

  const others = [
    casePartition('acme', ids.caseId),
    auditPartition('acme', ids.caseId),
    entryPartition('acme', 'text', 'webhook'),
    idempotencyPartition('acme', 'tenant#acme#webhooks', 'a'.repeat(64)),
    tallyKey(webhookPartition('acme')).pk,
  ]
  for (const pk of others) expect([pk, may('GetItem', pk), may('PutItem', pk)]).toEqual([pk, false, false])
})
