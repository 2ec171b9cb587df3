import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Delivery, Webhook } from '../../shared/cases/webhooks/webhook-api.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const url = 'https://hooks.example.com/a'

const withWebhook = async () => {
  const api = prepare()
  const { body } = await api.call('POST', '/api/webhooks', { url })
  const { webhook, secret } = body as { webhook: Webhook; secret: string }
  const path = `/api/webhooks/${webhook.webhookId}`
  const list = async () => ((await api.call('GET', '/api/webhooks')).body as { webhooks: Webhook[] }).webhooks
  const deliveries = async () => (await api.call('GET', `${path}/deliveries`)).body.deliveries as Delivery[]
  return { ...api, webhook, secret, path, list, deliveries }
}

describe('a webhook', () => {
  test('is added with all events, and its secret is told then and never again', async () => {
    const { webhook, secret, list, call, path } = await withWebhook()
    expect(webhook).toMatchObject({ url, events: ['analysis.finished', 'analysis.failed'], disabled: null })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(await list()).toEqual([webhook])
    const changed = await call('PATCH', path, { description: 'Tickets', events: ['analysis.failed'] })
    expect(changed.body).toMatchObject({ description: 'Tickets', events: ['analysis.failed'], url })
    expect(JSON.stringify([await list(), changed.body])).not.toContain('whsec_')
  })

  test('is added once for an idempotency key, whose repeat does not tell the secret', async () => {
    const { call, list } = await withWebhook()
    const add = () => call('POST', '/api/webhooks', { url }, undefined, {}, { 'idempotency-key': 'k' })
    expect((await add()).status).toBe(201)
    expectProblem(await add(), 409, 'idempotency-secret')
    expect(await list()).toHaveLength(2)
  })

  test.each([
    'http://hooks.example.com/',
    'https://127.0.0.1/',
    'http://127.0.0.1:8080/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://[::ffff:10.0.0.1]/',
    'https://localhost/',
    'https://me:you@hooks.example.com/',
  ])('is not added, nor moved, to %s', async (bad) => {
    const { call, path, list } = await withWebhook()
    expectProblem(await call('POST', '/api/webhooks', { url: bad }), 400, 'webhook-address')
    expectProblem(await call('PATCH', path, { url: bad }), 400, 'webhook-address')
    expect((await list()).map((webhook) => webhook.url)).toEqual([url])
  })

  test('may be on this machine on the stack on one machine', async () => {
    vi.stubEnv('WEBHOOKS_TO_LOOPBACK', 'yes')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { call } = prepare()
    expect((await call('POST', '/api/webhooks', { url: 'http://127.0.0.1:8080/' })).status).toBe(201)
    expectProblem(await call('POST', '/api/webhooks', { url: 'http://10.0.0.1/' }), 400, 'webhook-address')
  })

  test('is one of twenty at most', async () => {
    const { call } = await withWebhook()
    for (let count = 1; count < 20; count++) expect((await call('POST', '/api/webhooks', { url })).status).toBe(201)
    expectProblem(await call('POST', '/api/webhooks', { url }), 409, 'too-many-webhooks')
  })

  test('is disabled by hand, which says by whom, enabled again, and deleted', async () => {
    const { call, path, list } = await withWebhook()
    const disabled = await call('PATCH', path, { enabled: false }, undefined, { subject: 'ada' })
    expect(disabled.body.disabled).toMatchObject({ by: 'ada', reason: expect.stringMatching(/hand/) })
    const again = await call('PATCH', path, { enabled: false }, undefined, { subject: 'bob' })
    expect(again.body.disabled.by).toBe('ada')
    expect((await call('PATCH', path, { enabled: true })).body.disabled).toBeNull()
    expect((await call('DELETE', path)).status).toBe(204)
    expect(await list()).toEqual([])
    expectProblem(await call('DELETE', path), 404, 'not-found')
  })

  test('gets another secret, and until tomorrow keeps the one before beside it', async () => {
    const { call, path, secret } = await withWebhook()
    const { body } = await call('POST', `${path}/rotate-secret`)
    expect(body.secret).not.toBe(secret)
    expect(Date.parse(body.webhook.secretUntil)).toBeGreaterThan(Date.parse(body.webhook.createdAt) + 86_000_000)
  })
})

describe('a test event', () => {
  test('is written down as waiting and left to the queue', async () => {
    const { call, path, webhooksTold, deliveries, webhook } = await withWebhook()
    const { body } = await call('POST', `${path}/test`)
    expect(body).toMatchObject({ status: 'waiting', attempts: 0, event: { type: 'webhook.test' } })
    expect(webhooksTold).toEqual([{ tenant: 'default', webhookId: webhook.webhookId, eventId: body.event.id }])
    expect(await deliveries()).toEqual([body])
  })

  test('is not sent again while it is being tried, or by a webhook that is disabled', async () => {
    const { call, path } = await withWebhook()
    const eventId = (await call('POST', `${path}/test`)).body.event.id
    expectProblem(await call('POST', `${path}/send-again`, { eventId }), 409, 'being-sent')
    const other = 'event_01jz3s6q8e5k0v9h2m4n6p8r0t-finished'
    expectProblem(await call('POST', `${path}/send-again`, { eventId: other }), 404, 'not-found')
    await call('PATCH', path, { enabled: false })
    expectProblem(await call('POST', `${path}/send-again`, { eventId }), 409, 'webhook-disabled')
  })
})

test('deliveries are read page by page, newest first', async () => {
  const { call, path } = await withWebhook()
  const sent: string[] = []
  for (let count = 0; count < 5; count++) sent.unshift((await call('POST', `${path}/test`)).body.event.id)
  const first = (await call('GET', `${path}/deliveries`, undefined, { limit: '3' })).body
  const rest = (await call('GET', `${path}/deliveries`, undefined, { limit: '3', cursor: first.nextCursor })).body
  expect([...first.deliveries, ...rest.deliveries].map(({ event }: Delivery) => event.id)).toEqual(sent)
  expect(rest.nextCursor).toBeNull()
})
