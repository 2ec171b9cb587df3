import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { newWebhookSecret } from '../../functions/aws/new-id.ts'
import { deliver } from '../../functions/webhooks/deliver.ts'
import { fanOut } from '../../functions/webhooks/fan-out.ts'
import type { Posted } from '../../functions/webhooks/post.ts'
import { webhooksHandler } from '../../functions/webhooks/webhooks-handler.ts'
import { tenantStore } from '../../shared/cases/tenant-store.ts'
import { type AnalysisEvent, endOf } from '../../shared/cases/webhooks/analysis-event.ts'
import { retrySeconds } from '../../shared/cases/webhooks/delivery.ts'
import { disableWebhook, rotateSecret, rotationMs, type WebhookRecord } from '../../shared/cases/webhooks/webhook.ts'
import type { DeliveryMessage } from '../../shared/messages/delivery-message.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { analysisRecord, start, webhookRecord } from '../cases/records.ts'
import { lambdaContext, queueTools, sqsEvent, sqsRecord } from './fakes.ts'

const finished = (analysisId = analysisRecord.analysisId, more: object = {}): AnalysisEvent =>
  endOf('default', {
    ...analysisRecord,
    analysisId,
    status: 'done',
    verdict: 'culprit',
    finishedAt: start.toISOString(),
    ...more,
  })!

const event = finished()

/** A tenant with a webhook, a receiver that answers as told, and a clock. */
const prepare = async (changes: Partial<WebhookRecord> = {}) => {
  // The library holds times against this machine's clock.
  const clock = { ms: Date.now() }
  const now = () => new Date(clock.ms)
  const store = tenantStore(memoryTable(), 'default')
  const webhook: WebhookRecord = {
    ...webhookRecord,
    secret: newWebhookSecret(),
    ...changes,
  }
  await store.webhooks.insert(webhook, webhook)
  const requests: { url: string; headers: Record<string, string>; body: string }[] = []
  const receiver: { answer: Posted } = { answer: { status: 200 } }
  const queue: DeliveryMessage[] = []
  const ports = {
    tenantStore: () => store,
    tellWebhook: async (message: DeliveryMessage) => void queue.push(message),
    now,
    post: async (url: string, headers: Record<string, string>, body: string) => {
      requests.push({ url, headers, body })
      return receiver.answer
    },
  }
  const current = async () => (await store.webhooks.get(webhook))!
  const deliveryOf = async (of = event) =>
    (await store.deliveries.get({ webhookId: webhook.webhookId, eventId: of.id }))!
  /** Announces an event and makes all its attempts, the clock going on between them. How the last ended. */
  const exhaust = async (of: AnalysisEvent): Promise<string> => {
    await fanOut(ports, of)
    for (;;) {
      const ended = await deliver(ports, queue[0])
      if (ended.end !== 'again') {
        queue.shift()
        return ended.end
      }
      clock.ms += ended.seconds * 1000
    }
  }
  return { clock, store, webhook, requests, receiver, queue, ports, current, deliveryOf, exhaust }
}

const message = { tenant: 'default', webhookId: 'webhook_00000000010000000000000001', eventId: event.id }

describe('a delivery', () => {
  test('is signed so that a library of Standard Webhooks takes it, and no other secret’s', async () => {
    const { ports, queue, requests, webhook, deliveryOf } = await prepare()
    await fanOut(ports, event)
    expect(queue).toEqual([message])
    expect(await deliver(ports, queue[0])).toEqual({ end: 'delivered' })
    const [{ headers, body, url }] = requests
    expect(url).toBe(webhook.url)
    expect(new Webhook(webhook.secret).verify(body, headers)).toEqual(event)
    expect(headers['webhook-id']).toBe(event.id)
    expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow('No matching signature')
    expect(() => new Webhook(webhook.secret).verify(body.replace('culprit', 'healthy'), headers)).toThrow()
    expect(await deliveryOf()).toMatchObject({ status: 'delivered', attempts: 1, answer: 200 })
  })

  test('says ids and the verdict, and nothing that was read in a dump', () => {
    const told = finished(undefined, { headline: 'secret.sys leaks', facts: { build: 7601 } })
    expect(Object.keys(told.data).sort()).toEqual(
      ['tenant', 'caseId', 'dumpId', 'analysisId', 'verdict', 'engineVersion', 'supersedes', 'batchId'].sort(),
    )
    expect(JSON.stringify(told)).not.toMatch(/secret|7601/)
  })

  test('is signed with both secrets for a day after a rotation, and then with the new one alone', async () => {
    const { ports, store, webhook, requests, clock } = await prepare()
    const secret = newWebhookSecret()
    await store.webhooks.change(webhook, (record) => rotateSecret(record, secret, ports.now()))
    await fanOut(ports, event)
    await deliver(ports, message)
    for (const known of [secret, webhook.secret])
      expect(new Webhook(known).verify(requests[0].body, requests[0].headers)).toEqual(event)
    clock.ms += rotationMs
    const later = finished('analysis_00000000020000000000000000')
    await fanOut(ports, later)
    await deliver(ports, { ...message, eventId: later.id })
    expect(requests[1].headers['webhook-signature'].split(' ')).toHaveLength(1)
  })

  test('told twice is sent once, and one told twice at once goes out under one id', async () => {
    const { ports, queue, requests } = await prepare()
    await Promise.all([fanOut(ports, event), fanOut(ports, event)])
    await Promise.all(queue.map((told) => deliver(ports, told)))
    expect(new Set(requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([event.id]))
    requests.length = 0
    await fanOut(ports, event)
    expect(await deliver(ports, message)).toEqual({ end: 'dropped' })
    expect(requests).toEqual([])
  })

  test('that was written down and never sent is sent when it is told again', async () => {
    const { ports, queue } = await prepare()
    const broken = { ...ports, tellWebhook: async () => Promise.reject(new Error('SQS is away')) }
    await expect(fanOut(broken, event)).rejects.toThrow('away')
    await fanOut(ports, event)
    expect(queue).toEqual([message])
  })

  test.each<[Posted, RegExp]>([
    [{ status: 500 }, /answered 500/],
    [{ status: 302 }, /redirects are not followed/],
    [{ error: 'There was no answer within 10 seconds.' }, /no answer/],
  ])('that meets %o is tried again, ever later, eight times, and then given up', async (answer, note) => {
    const { ports, receiver, requests, exhaust, deliveryOf, clock } = await prepare()
    receiver.answer = answer
    const began = clock.ms
    expect(await exhaust(event)).toBe('failed')
    expect(requests).toHaveLength(8)
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect((clock.ms - began) / 1000).toBe(retrySeconds.reduce((sum, seconds) => sum + seconds))
    expect(await deliveryOf()).toMatchObject({ status: 'failed', attempts: 8, note: expect.stringMatching(note) })
    expect(await deliver(ports, message)).toEqual({ end: 'dropped' })
  })

  test('that fails and then arrives is delivered, and the webhook stands well again', async () => {
    const { ports, receiver, queue, current, deliveryOf } = await prepare()
    receiver.answer = { status: 503 }
    await fanOut(ports, event)
    expect(await deliver(ports, queue[0])).toMatchObject({ end: 'again', seconds: 10 })
    expect((await current()).failing).toMatchObject({ attempts: 1 })
    receiver.answer = { status: 202 }
    expect(await deliver(ports, queue[0])).toEqual({ end: 'delivered' })
    expect((await current()).failing).toBeNull()
    expect(await deliveryOf()).toMatchObject({ status: 'delivered', attempts: 2, answer: 202 })
  })

  test('of a batch of old cases, or of an event nobody asked for, is none', async () => {
    const { ports, queue } = await prepare({ events: ['analysis.failed'] })
    await fanOut(ports, event)
    await fanOut(
      ports,
      endOf('default', { ...analysisRecord, status: 'failed', finishedAt: start.toISOString(), batchId: 'b' })!,
    )
    expect(queue).toEqual([])
  })
})

describe('a webhook', () => {
  test('that only fails is disabled after three days and ten attempts, and says so', async () => {
    const { receiver, exhaust, current, clock, store, webhook, ports, queue } = await prepare()
    receiver.answer = { status: 500 }
    expect(await exhaust(event)).toBe('failed')
    expect((await current()).disabled).toBeNull()
    clock.ms += 3 * 86_400_000
    const second = finished('analysis_00000000020000000000000000')
    expect(await exhaust(second)).toBe('dropped')
    const { disabled, failing } = await current()
    expect(failing?.attempts).toBe(10)
    expect(disabled).toMatchObject({ by: 'dumpline', reason: expect.stringMatching(/3 days, in 10 attempts.*500/) })
    const given = await store.deliveries.get({ webhookId: webhook.webhookId, eventId: second.id })
    expect(given).toMatchObject({ status: 'failed', note: 'The webhook was disabled before it was sent.' })
    await fanOut(ports, finished('analysis_00000000030000000000000000'))
    expect(queue).toEqual([])
  })

  test('that fails often in less time, or seldom over longer, is not', async () => {
    const { receiver, exhaust, current, clock } = await prepare()
    receiver.answer = { status: 500 }
    for (const number of [2, 3, 4]) await exhaust(finished(`analysis_000000000${number}0000000000000000`))
    expect((await current()).failing?.attempts).toBe(24)
    expect((await current()).disabled).toBeNull()
    clock.ms += 10 * 86_400_000
    receiver.answer = { status: 200 }
    expect(await exhaust(event)).toBe('delivered')
    expect(await current()).toMatchObject({ failing: null, disabled: null })
  })

  test('whose receiver answers 410 is disabled at once', async () => {
    const { receiver, exhaust, current, requests } = await prepare()
    receiver.answer = { status: 410 }
    expect(await exhaust(event)).toBe('failed')
    expect(requests).toHaveLength(1)
    expect((await current()).disabled).toMatchObject({ by: 'dumpline', reason: expect.stringMatching(/410/) })
  })

  test('that was disabled or deleted is not called for what waits', async () => {
    const { ports, store, webhook, queue, requests, deliveryOf } = await prepare()
    await fanOut(ports, event)
    await store.webhooks.change(webhook, (record) =>
      disableWebhook(record, { at: start.toISOString(), by: 'ada', reason: '' }),
    )
    expect(await deliver(ports, queue[0])).toEqual({ end: 'dropped' })
    const other = finished('analysis_00000000020000000000000000')
    await store.webhooks.change(webhook, (record) => ({ next: { ...record, disabled: null } }))
    await fanOut(ports, other)
    await store.removeWebhook(webhook.webhookId)
    expect(await store.listWebhooks()).toEqual([])
    expect(await deliver(ports, queue[1])).toEqual({ end: 'dropped' })
    expect(requests).toEqual([])
    expect((await deliveryOf(other)).note).toMatch(/deleted/)
  })
})

describe('the queue', () => {
  const body = JSON.stringify(message)

  test('has a failed attempt come back when it is due, and takes a receiver’s last failure for a result', async () => {
    const { ports, receiver, clock } = await prepare()
    receiver.answer = { status: 500 }
    await fanOut(ports, event)
    const tools = queueTools()
    const handler = webhooksHandler(ports, tools)
    for (let receives = 1; receives <= 7; receives++) {
      const { batchItemFailures } = await handler(sqsEvent(sqsRecord('a', body, receives)), lambdaContext())
      expect(batchItemFailures).toHaveLength(1)
      clock.ms += 1000
    }
    expect(tools.retries.map(({ seconds }) => seconds)).toEqual(retrySeconds)
    expect(await handler(sqsEvent(sqsRecord('a', body, 8)), lambdaContext())).toEqual({ batchItemFailures: [] })
  })

  test('keeps a message that we fail at', async () => {
    const { ports } = await prepare()
    const store = { ...ports.tenantStore(), deliveries: { get: async () => Promise.reject(new Error('away')) } }
    const handler = webhooksHandler({ ...ports, tenantStore: () => store as never }, queueTools())
    const { batchItemFailures } = await handler(sqsEvent(sqsRecord('a', body)), lambdaContext())
    expect(batchItemFailures).toHaveLength(1)
  })
})
