import { expect, test } from 'vitest'
import { deliver } from '../../functions/webhooks/deliver.ts'
import { fanOut } from '../../functions/webhooks/fan-out.ts'
import type { Table } from '../../shared/cases/table.ts'
import { tenantStore } from '../../shared/cases/tenant-store.ts'
import { endOf } from '../../shared/cases/webhooks/analysis-event.ts'
import {
  costOfAnalysis,
  costOfAnnouncement,
  costOfDelivery,
  costOfDump,
  requestsOfAnalysis,
  requestsOfAnnouncement,
  requestsOfDelivery,
  requestsOfShard,
} from '../../shared/cost/cost-model.ts'
import { expectedDump } from '../../shared/cost/expected-use.ts'
import { depletionDump, tinyDump } from '../../shared/cost/measured-dumps.ts'
import { prices } from '../../shared/cost/prices.ts'
import type { DeliveryMessage } from '../../shared/messages/delivery-message.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { analysisRecord, start, webhookRecord } from '../cases/records.ts'
import { dividedJobs } from '../functions/jobs.ts'
import { simulate } from '../functions/simulation.ts'

test('a dump costs what its counted requests, bytes and milliseconds cost', () => {
  const free = costOfDump({ bytes: 1e9, analyses: [{ stages: {} }] }, prices)
  const used = { header: { bytesRead: 0, reads: 1_000_000, milliseconds: 1000 } }
  const one = costOfDump({ bytes: 1e9, analyses: [{ stages: used }] }, prices)
  expect(one.reads - free.reads).toBeCloseTo(0.4, 6)
  expect(one.compute).toBeCloseTo((1769 / 1024) * prices.lambda.gbSecond, 12)
  // 120 parts of 8 MiB, start and complete.
  expect(one.upload).toBeCloseTo(122 * 5e-6, 12)
  expect(one.storageMonth).toBeCloseTo(0.023, 6)
  expect(one.total).toBeCloseTo(one.upload + one.compute + one.reads + one.bookkeeping, 12)
})

test('a scan grows with the dump, the tables do not', () => {
  const cost = (gib: number, scan: boolean) => costOfDump(expectedDump(gib * 2 ** 30, depletionDump, scan), prices)
  expect(cost(32, true).compute / cost(8, true).compute).toBeGreaterThan(3.5)
  expect(cost(128, false).compute).toBe(cost(32, false).compute)
  // In shards as a whole: their functions are smaller, the tables are read again.
  const [whole, cut] = [cost(2, true), cost(4, true)]
  expect(cut.compute / whole.compute).toBeGreaterThan(1)
  expect(cut.bookkeeping).toBeGreaterThan(1.8 * whole.bookkeeping)
  expect(costOfDump({ bytes: tinyDump.bytes, analyses: [tinyDump] }, prices).total).toBeLessThan(0.001)
})

test('the requests around a dump are no fewer than a clean run takes', async () => {
  const { steps } = await simulate()
  const ofStages = steps.filter((step) => !step.startsWith('announce '))
  const count = (what: string) => ofStages.filter((step) => step.endsWith(` ${what}`)).length
  expect(count('get')).toBeLessThanOrEqual(requestsOfAnalysis.dynamodbReads)
  expect(count('put') + count('raise') + count('remove')).toBeLessThanOrEqual(requestsOfAnalysis.dynamodbWrites)
  expect(count('write')).toBeLessThanOrEqual(requestsOfAnalysis.resultPuts)
  expect(count('read')).toBeLessThanOrEqual(requestsOfAnalysis.resultGets)
  expect(3 * (count('send') + 1)).toBeLessThanOrEqual(requestsOfAnalysis.sqs)
})

/** SQS is asked to send, to hand out and to delete a message; the fourth is an empty receive. */
const requestsOfMessage = 3

test('announcing an analysis, and telling a webhook, take no more requests than they are reckoned with', async () => {
  const { steps } = await simulate()
  const announce = (...kinds: string[]) =>
    steps.filter((step) => kinds.some((kind) => step === `announce ${kind}`)).length
  const { events, ...announced } = requestsOfAnnouncement
  expect(announce('get', 'query')).toBeLessThanOrEqual(announced.dynamodbReads)
  // The record is in the index of what became of it, and leaves that of what is due.
  expect(3 * announce('put')).toBeLessThanOrEqual(announced.dynamodbWrites)
  expect(announce('publish')).toBe(events)
  expect(requestsOfMessage * steps.filter((step) => step === 'verdict tell end').length).toBeLessThan(announced.sqs)

  const { asked, told } = await deliverOnce()
  expect(asked.get).toBeLessThanOrEqual(requestsOfDelivery.dynamodbReads)
  // A delivery enters the index of what is to be removed, and leaves it with its record weeks later.
  expect(asked.put + 1 + 2).toBeLessThanOrEqual(requestsOfDelivery.dynamodbWrites)
  expect(requestsOfMessage * told).toBeLessThan(requestsOfDelivery.sqs)
})

test('a delivery costs its requests and the seconds that its receiver takes', () => {
  const { requests, second } = costOfDelivery(prices)
  expect(second).toBeCloseTo(prices.lambda.gbSecond / 4, 12)
  expect(requests).toBeGreaterThan(requestsOfDelivery.dynamodbWrites * prices.dynamodb.write)
  const { bookkeeping } = costOfAnalysis({ stages: {} }, prices)
  expect(bookkeeping).toBeGreaterThan(costOfAnnouncement(prices))
  expect(costOfAnnouncement(prices)).toBeGreaterThan(prices.eventBridge.event)
})

/** One event told to one webhook: how often the table was read and written, and messages were sent. */
const deliverOnce = async () => {
  const asked = { get: 0, put: 0 }
  const plain = memoryTable()
  const counting: Table = {
    ...plain,
    get: (key) => {
      asked.get++
      return plain.get(key)
    },
    put: (item, expected) => {
      asked.put++
      return plain.put(item, expected)
    },
  }
  await tenantStore(plain, 'default').webhooks.insert(webhookRecord, webhookRecord)
  const messages: DeliveryMessage[] = []
  const ports = {
    tenantStore: (tenant: string) => tenantStore(counting, tenant),
    tellWebhook: async (message: DeliveryMessage) => void messages.push(message),
    now: () => start,
    post: async () => ({ status: 200 }),
  }
  await fanOut(ports, endOf('default', { ...analysisRecord, status: 'done', finishedAt: start.toISOString() })!)
  for (const message of messages) expect(await deliver(ports, message)).toEqual({ end: 'delivered' })
  return { asked, told: messages.length }
}

test('a scan in shards takes no more requests than its further analysis and each shard are reckoned with', async () => {
  const steps = async (shards: number) => {
    const { steps } = await simulate({ jobs: dividedJobs(shards) })
    return (...kinds: string[]) => steps.filter((step) => kinds.some((kind) => step.endsWith(` ${kind}`))).length
  }
  const [few, many] = [await steps(2), await steps(12)]
  const each = (...kinds: string[]) => (many(...kinds) - few(...kinds)) / 10
  expect(each('get', 'query')).toBeLessThanOrEqual(requestsOfShard.dynamodbReads)
  expect(each('put')).toBeLessThanOrEqual(requestsOfShard.dynamodbWrites)
  expect(each('write')).toBeLessThanOrEqual(requestsOfShard.resultPuts)
  expect(each('read')).toBeLessThanOrEqual(requestsOfShard.resultGets)
  expect(3 * each('send shard')).toBeLessThanOrEqual(requestsOfShard.sqs)
  const further = (kind: string, ofShard: number) => few(kind) - 2 * ofShard
  expect(further('get', requestsOfShard.dynamodbReads)).toBeLessThanOrEqual(2 * requestsOfAnalysis.dynamodbReads)
  expect(further('put', requestsOfShard.dynamodbWrites)).toBeLessThanOrEqual(2 * requestsOfAnalysis.dynamodbWrites)
})
