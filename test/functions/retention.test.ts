import { describe, expect, test } from 'vitest'
import { lookAtCase } from '../../functions/retention/look.ts'
import { dueRetention } from '../../shared/cases/due.ts'
import {
  emptyRetention,
  extendKept,
  keepDump,
  type RetentionRecord,
  setHold,
} from '../../shared/cases/life/retention.ts'
import type { Retention } from '../../shared/cases/life/retention-api.ts'
import { dumpKey, unpackedKey } from '../../shared/cases/object-keys.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { caseRecord, ids, start, uploadedDump } from '../cases/records.ts'
import { prepare } from './api-under-test.ts'

const day = 86_400_000
const on = (days: number): Date => new Date(start.getTime() + days * day)
const id = { tenant: 'default', ...ids }
const policy = { dumpDays: 30, resultDays: 730 }
const unpacked = { bytes: 1, etag: 'e', versionId: 'u1' }

/** A case with a dump, closed on day 0 unless it says otherwise, and the retention function on a day. */
const kept = async (changes: { closedAt?: string | null } = {}) => {
  const table = memoryTable()
  const store = caseStore(table, 'default')
  const closedAt = changes.closedAt === undefined ? start.toISOString() : changes.closedAt
  await store.cases.insert(ids, { ...caseRecord, closedAt })
  await store.dumps.insert(ids, { ...uploadedDump, archive: { format: 'zip', multipartId: null, unpacked } })
  const begun = keepDump(emptyRetention(ids.caseId, start), ids.dumpId, start)
  if (begun.refused === undefined) await store.retention.insert(ids, begun.next)
  const deleted: string[] = []
  const trouble: { at?: 'before' | 'after' } = {}
  const look = (days: number) =>
    lookAtCase(
      {
        store: () => store,
        now: () => on(days),
        policy,
        deleteVersion: async (key, versionId) => {
          if (trouble.at === 'before') throw new Error('killed')
          deleted.push(`${key} ${versionId}`)
          if (trouble.at === 'after') throw new Error('killed')
        },
        deleteUnder: async (prefix) => void deleted.push(prefix),
      },
      { tenant: 'default', caseId: ids.caseId },
    )
  const events = async () => (await store.history(ids.caseId, { limit: 50, before: null })).map(({ action }) => action)
  const status = async () => (await store.dumps.get(ids))?.status
  return { table, store, deleted, trouble, look, events, status }
}

const both = [`${unpackedKey(id)} u1`, `${dumpKey(id)} v1`]
const decision = { by: 'lead', reason: 'A court asked.', at: on(1) }

describe('the retention function', () => {
  test('announces a deletion days ahead, then deletes every version of the dump, and keeps the results', async () => {
    const { deleted, events, look, status } = await kept()
    expect(await look(10)).toEqual({ warned: 0, deleted: 0, held: 0 })
    expect(await look(24)).toEqual({ warned: 1, deleted: 0, held: 0 })
    expect(await look(25)).toEqual({ warned: 0, deleted: 0, held: 0 })
    expect(await look(29)).toEqual({ warned: 0, deleted: 0, held: 0 })
    expect(deleted).toEqual([])
    expect(await look(31)).toEqual({ warned: 0, deleted: 1, held: 0 })
    expect(deleted).toEqual(both)
    expect(await status()).toBe('deleted')
    expect(await look(32)).toEqual({ warned: 0, deleted: 0, held: 0 })
    expect(await events()).toEqual(['dump.deleted', 'retention.announced'])
  })

  test('a deletion that was not announced in time is announced first', async () => {
    const { look, status } = await kept()
    expect(await look(200)).toMatchObject({ warned: 1, deleted: 0 })
    expect(await look(206)).toMatchObject({ deleted: 0 })
    expect(await status()).toBe('uploaded')
    expect(await look(207)).toMatchObject({ deleted: 1 })
  })

  test('an open case keeps its dumps, and so does one that was opened again', async () => {
    const open = await kept({ closedAt: null })
    expect(await open.look(5_000)).toEqual({ warned: 0, deleted: 0, held: 0 })
    const reopened = await kept()
    await reopened.look(24)
    await reopened.store.cases.change(ids, (record) => ({ next: { ...record, closedAt: null } }))
    expect(await reopened.look(40)).toEqual({ warned: 0, deleted: 0, held: 0 })
    expect(await reopened.status()).toBe('uploaded')
  })

  test('results go at their own time', async () => {
    const { deleted, events, look } = await kept()
    await look(724)
    await look(731)
    expect(deleted).toContain(`results/default/${ids.caseId}/`)
    expect(await events()).toContain('results.deleted')
  })

  test('an extension and a hold keep what was announced already', async () => {
    const extended = await kept()
    await extended.look(24)
    await extended.store.retention.change(ids, (record) => extendKept(record, ids.dumpId, on(60), decision))
    expect(await extended.look(31)).toEqual({ warned: 0, deleted: 0, held: 0 })
    expect(await extended.look(54)).toMatchObject({ warned: 1 })
    expect(await extended.look(61)).toMatchObject({ deleted: 1 })

    const held = await kept()
    await held.look(24)
    await held.store.retention.change(ids, (record) => setHold(record, decision))
    expect(await held.look(3_000)).toEqual({ warned: 0, deleted: 0, held: 0 })
    expect(await held.status()).toBe('uploaded')
  })

  test('a hold that is set after the look began, and before the deletion does, wins', async () => {
    const { deleted, look, status, store, table } = await kept()
    await look(24)
    // Set between the function's first read of the record and its claim.
    const { get } = table
    let reads = 0
    table.get = async (key) => {
      const item = await get(key)
      if (key.sk !== 'retention' || ++reads !== 1) return item
      await store.retention.change(ids, (record) => setHold(record, decision))
      return item
    }
    expect(await look(31)).toMatchObject({ deleted: 0, held: 1 })
    expect(deleted).toEqual([])
    expect(await status()).toBe('uploaded')
  })

  test('once a deletion has begun nothing stops it, and the person who tries is told', async () => {
    const { look, store, trouble, status } = await kept()
    await look(24)
    trouble.at = 'before'
    await expect(look(31)).rejects.toThrow('killed')
    const late = await store.retention.change(ids, (record) => extendKept(record, ids.dumpId, on(90), decision))
    expect(late.refused).toBe('conflict')
    trouble.at = undefined
    expect(await look(31)).toMatchObject({ deleted: 1 })
    expect(await status()).toBe('deleted')
  })

  test('a look that was killed is finished by the next, and recorded once', async () => {
    for (const at of ['before', 'after'] as const) {
      const { deleted, events, look, table, trouble } = await kept()
      await look(24)
      trouble.at = at
      await expect(look(31)).rejects.toThrow('killed')
      expect(await dueRetention(table, on(31), 10)).toEqual([{ tenant: 'default', caseId: ids.caseId }])
      trouble.at = undefined
      await look(31)
      expect(new Set(deleted)).toEqual(new Set(both))
      expect((await events()).filter((action) => action === 'dump.deleted')).toHaveLength(1)
    }
  })
})

describe('over the API', () => {
  const path = `/api/cases/${ids.caseId}`
  const withDump = async () => {
    const api = prepare()
    await api.store.cases.insert(ids, caseRecord)
    await api.store.dumps.insert(ids, uploadedDump)
    const begun = keepDump(emptyRetention(ids.caseId, start), ids.dumpId, start)
    await api.store.retention.insert(ids, (begun as { next: RetentionRecord }).next)
    return api
  }

  test('what is kept, until when and why', async () => {
    const { call } = await withDump()
    const { body } = (await call('GET', `${path}/retention`)) as { body: Retention }
    expect(body).toMatchObject({
      hold: null,
      warnDays: 7,
      dumps: [{ dumpId: ids.dumpId, state: 'kept', until: null, reason: expect.stringMatching(/open.*30 days/) }],
      results: { state: 'kept', until: null, reason: expect.stringMatching(/730 days/) },
    })
  })

  test('extending, holding and lifting need a reason, and are recorded', async () => {
    const { call, store } = await withDump()
    const until = new Date(start.getTime() + 400 * day).toISOString()
    expect((await call('POST', `${path}/retention/extension`, { dumpId: ids.dumpId, until, reason: ' ' })).status).toBe(
      400,
    )
    expect(
      (
        await call('POST', `${path}/retention/extension`, {
          dumpId: ids.dumpId,
          until: '2001-01-01T00:00:00Z',
          reason: 'x',
        })
      ).status,
    ).toBe(400)
    expect(
      (await call('POST', `${path}/retention/extension`, { dumpId: null, until, reason: 'The vendor needs it.' }))
        .status,
    ).toBe(200)
    expect((await call('POST', `${path}/hold`, { reason: 'A court asked.' })).body).toMatchObject({
      hold: { reason: 'A court asked.' },
    })
    expect((await call('POST', `${path}/hold/lift`, { reason: 'Settled.' })).body).toMatchObject({ hold: null })
    const events = await store.history(ids.caseId, { limit: 9, before: null })
    expect(events.map(({ action }) => action)).toEqual(['hold.lifted', 'hold.set', 'retention.extended'])
  })
})
