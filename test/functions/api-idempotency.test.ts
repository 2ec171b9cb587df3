import { describe, expect, test } from 'vitest'
import { forget } from '../../functions/sweep/forget.ts'
import { after, analysisRecord, caseRecord, ids, uploadedDump } from '../cases/records.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const key = (value: string) => ({ 'idempotency-key': value })

const world = () => {
  const clock = { seconds: 0 }
  const api = prepare({ now: () => after(clock.seconds) })
  const open = (title: string, headers: Record<string, string>, as = {}) =>
    api.call('POST', '/api/cases', { title }, undefined, as, headers)
  const count = async () => (await api.call('GET', '/api/cases')).body.cases.length as number
  return { ...api, clock, open, count }
}

describe('a create with an idempotency key', () => {
  test('is done once, and answered the same each time', async () => {
    const { open, count } = world()
    const first = await open('a', key('k1'))
    const again = await open('a', key('k1'))
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true', 'content-type': 'application/json' })
    expect(await count()).toBe(1)
  })

  test('is another one under another key, and of another caller', async () => {
    const { open, count } = world()
    for (const [name, as] of [
      ['k1', {}],
      ['k2', {}],
      ['k1', { subject: 'emma' }],
    ] as const)
      await open('a', key(name), as)
    expect(await count()).toBe(3)
    expect((await open('a', key('k1'), { tenant: 'neighbour' })).headers).not.toHaveProperty('idempotency-replayed')
  })

  test('with another body is a mistake that is said', async () => {
    const { open, count } = world()
    await open('a', key('k1'))
    expectProblem(await open('b', key('k1')), 422, 'idempotency-mismatch')
    expect(await count()).toBe(1)
  })

  test('that failed may be sent again, put right', async () => {
    const { open, count } = world()
    expect((await open('', key('k1'))).status).toBe(400)
    expect((await open('a', key('k1'))).status).toBe(201)
    expect(await count()).toBe(1)
  })

  test('sent twice at once is done once', async () => {
    const { open, count } = world()
    const answers = await Promise.all([open('a', key('k1')), open('a', key('k1'))])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(await count()).toBe(1)
  })

  test('of a request that died is taken over after a minute', async () => {
    const { open, count, clock, table } = world()
    await open('a', key('k1'))
    const item = [...table.items.values()].find(({ sk }) => sk === 'idempotency')!
    table.items.set(`${item.pk} ${item.sk}`, { ...item, record: { ...(item.record as object), answer: null } })
    expectProblem(await open('a', key('k1')), 409, 'idempotency-running')
    clock.seconds = 61
    expect((await open('a', key('k1'))).status).toBe(201)
    expect(await count()).toBe(2)
  })

  test('is remembered for a day, and then removed', async () => {
    const { open, clock, table } = world()
    await open('a', key('k1'))
    const now = () => after(clock.seconds)
    clock.seconds = 86_300
    expect(await forget(table, now, 10, 1000)).toBe(0)
    clock.seconds = 86_401
    expect(await forget(table, now, 10, 1000)).toBe(1)
    expect([...table.items.values()].filter(({ sk }) => sk === 'idempotency')).toEqual([])
  })

  test('whose answer is a secret is not kept, and done once all the same', async () => {
    const { call, store, table } = prepare()
    await store.cases.insert(ids, caseRecord)
    await store.dumps.insert(ids, { ...uploadedDump, currentAnalysisId: ids.analysisId })
    await store.analyses.insert(ids, { ...analysisRecord, status: 'done' })
    const path = `/api/cases/${ids.caseId}/vendor-links`
    const make = () => call('POST', path, { dumpId: ids.dumpId, days: 7 }, undefined, {}, key('k1'))
    const { token } = (await make()).body
    expectProblem(await make(), 409, 'idempotency-secret')
    expect(JSON.stringify([...table.items.values()])).not.toContain(token)
  })

  test('takes a key of visible characters', async () => {
    const { open } = world()
    for (const bad of ['', ' ', 'ä', 'x'.repeat(256)]) expectProblem(await open('a', key(bad)), 400, 'idempotency-key')
  })
})

describe('requests', () => {
  test('beyond what a caller may ask in a minute are refused until the next', async () => {
    const clock = { seconds: 10 }
    const { call } = prepare({ now: () => after(clock.seconds), limits: { caller: 3, tenant: 100 } })
    const ask = (as = {}) => call('GET', '/api/me', undefined, undefined, as)
    for (let n = 0; n < 3; n++) expect((await ask()).status).toBe(200)
    const refused = await ask()
    expectProblem(refused, 429, 'too-many-requests')
    expect(refused.headers).toMatchObject({ 'retry-after': '50' })
    expect((await ask({ subject: 'emma' })).status).toBe(200)
    clock.seconds = 60
    expect((await ask()).status).toBe(200)
  })

  test('of all callers of a tenant share a limit, and take nothing of another tenant’s', async () => {
    const { call } = prepare({ now: () => after(0), limits: { caller: 100, tenant: 4 } })
    const ask = (subject: string, tenant: string) => call('GET', '/api/me', undefined, undefined, { subject, tenant })
    for (let n = 0; n < 4; n++) expect((await ask(`p${n}`, 'default')).status).toBe(200)
    expectProblem(await ask('p5', 'default'), 429, 'too-many-requests')
    expect((await ask('p5', 'neighbour')).status).toBe(200)
  })

  test('are counted in the table, with few writes', async () => {
    const { table, call } = prepare({ now: () => after(0), limits: { caller: 600, tenant: 6000 } })
    for (let n = 0; n < 600; n++) expect((await call('GET', '/api/me')).status).toBe(200)
    expectProblem(await call('GET', '/api/me'), 429, 'too-many-requests')
    const writes = [...table.items.values()].filter(({ sk }) => sk === 'rate').map(({ revision }) => revision)
    expect(Math.max(...writes)).toBeLessThanOrEqual(60)
  })
})
