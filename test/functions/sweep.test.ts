import { describe, expect, test } from 'vitest'
import type { SendStage } from '../../functions/aws/stage-queues.ts'
import { type SweepLimits, type Swept, sweep } from '../../functions/sweep/sweep.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { failAnalysis, firstUploadLook, noteAnnounced, pinDump } from '../../shared/cases/transitions.ts'
import type { EndMessage } from '../../shared/messages/end-message.ts'
import type { ShardMessage } from '../../shared/messages/shard-message.ts'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { after, caseRecord, finishedObject, ids, someCost, start, uploadingDump, uploadLink } from '../cases/records.ts'
import { begunAnalysis } from './fakes.ts'

const minutes = (count: number) => count * 60
const everything: SweepLimits = { most: 100, withinMs: 60_000 }

type Control = { backlog: number; object: typeof finishedObject | null; aborted: string[]; send?: SendStage }

/** Runs the sweep over a table at some seconds after the start. */
const sweeper = (table: ReturnType<typeof memoryTable>) => {
  const sent: StageMessage[] = []
  const sentShards: ShardMessage[] = []
  const ends: EndMessage[] = []
  const control: Control = { backlog: 0, object: null, aborted: [] }
  const run = async (seconds: number, limits = everything): Promise<Swept[]> => {
    const swept: Swept[] = []
    const ports = {
      table,
      store: (tenant: string) => caseStore(table, tenant),
      send: control.send ?? (async (message: StageMessage) => void sent.push(message)),
      sendShard: async (message: ShardMessage) => void sentShards.push(message),
      tellEnd: async (message: EndMessage) => void ends.push(message),
      backlog: async () => control.backlog,
      head: async () => control.object,
      peek: async () => new Uint8Array(),
      abort: async (upload: { key: string; multipartId: string }) => void control.aborted.push(upload.multipartId),
      now: () => after(seconds),
      newId: (kind: string) => `${kind}_${seconds}`,
      engineVersion: '0.1.0',
    }
    await sweep(ports, limits, (one) => swept.push(one))
    return swept
  }
  return { sent, sentShards, ends, control, run, told: () => sent.splice(0).map(({ stage }) => stage) }
}

const begun = async () => {
  const analysis = await begunAnalysis()
  const settle = (stage: StageMessage['stage'], seconds: number, change: object = {}) =>
    analysis.store.stages.change({ ...ids, stage }, (record) => ({
      next: { ...record, status: 'done', cost: someCost, finishedAt: after(seconds).toISOString(), ...change },
    }))
  return { ...analysis, settle, ...sweeper(analysis.table) }
}

describe('the end of an analysis', () => {
  const end = { tenant: 'default', ...ids }

  test('that nobody announced is told again, ever more rarely, until somebody has', async () => {
    const { run, ends, store, analysis } = await begun()
    await store.analyses.change(ids, (record) => failAnalysis(record, start))
    expect(await run(minutes(4))).toEqual([])
    expect(await run(minutes(6))).toMatchObject([{ end: 'told' }])
    expect(ends).toEqual([end])
    expect((await analysis())?.sweepAt).toBe(after(minutes(11)).toISOString())
    expect(await run(minutes(24))).toMatchObject([{ end: 'told' }])
    expect((await analysis())?.sweepAt).toBe(after(minutes(36)).toISOString())
    await store.analyses.change(ids, (record) => noteAnnounced(record, record, after(minutes(25))))
    expect(await run(minutes(600))).toEqual([])
    expect(ends).toEqual([end, end])
  })
})

describe('an analysis', () => {
  test('is let alone while its stages follow one another', async () => {
    const { run, settle, told, analysis } = await begun()
    expect(await run(minutes(4))).toEqual([])
    await settle('header', minutes(4))
    expect(await run(minutes(6))).toMatchObject([{ end: 'alive' }])
    expect((await analysis())?.sweepAt).toBe(after(minutes(9)).toISOString())
    expect(told()).toEqual([])
  })

  test('whose first message got lost is sent it, and again later and later', async () => {
    const { run, told, analysis } = await begun()
    expect(await run(minutes(5))).toMatchObject([{ end: 'sent', stage: 'header' }])
    expect(told()).toEqual(['header'])
    expect((await analysis())?.sweepAt).toBe(after(minutes(15)).toISOString())
    expect(await run(minutes(14))).toEqual([])
    expect(await run(minutes(15))).toMatchObject([{ end: 'sent' }])
    expect((await analysis())?.sweepAt).toBe(after(minutes(35)).toISOString())
  })

  test('whose settled stage told nobody has that stage told, which then passes on', async () => {
    const { run, settle, told } = await begun()
    await settle('header', 10)
    expect(await run(minutes(6))).toMatchObject([{ end: 'sent', stage: 'pool' }])
    expect(told()).toEqual(['header'])
    await settle('pool', minutes(7), { status: 'failed' })
    await run(minutes(60))
    expect(told()).toEqual(['imports'])
    await settle('imports', minutes(61))
    await settle('verdict', minutes(62))
    await run(minutes(120))
    expect(told()).toEqual(['verdict'])
  })

  test('whose worker died is brought on when its lease is over and not before', async () => {
    const { run, settle, told } = await begun()
    const leaseUntil = after(minutes(20)).toISOString()
    await settle('header', 0, { status: 'running', finishedAt: null, leaseUntil })
    expect(await run(minutes(10))).toMatchObject([{ end: 'alive' }])
    expect(await run(minutes(25))).toMatchObject([{ end: 'sent', stage: 'header' }])
    expect(told()).toEqual(['header'])
  })

  test('behind a backlog waits, is not given up, and is sent its message only when that cannot be in the queue any more', async () => {
    const { run, control, told, stage } = await begun()
    control.backlog = 5000
    let looks = 0
    for (let hour = 1; hour < 4 * 24; hour++) looks += (await run(minutes(60 * hour))).length
    expect(looks).toBeGreaterThan(50)
    expect(told()).toEqual([])
    expect((await stage('header'))?.sweeps).toBeUndefined()
    await run(minutes(60 * 24 * 4 + 60))
    expect(told()).toEqual(['header'])
  })

  test('that nobody takes up is given up after some tries, with a sentence, and its case says so', async () => {
    const { run, told, stage } = await begun()
    for (const at of [5, 15, 35]) expect(await run(minutes(at))).toMatchObject([{ end: 'sent' }])
    expect(await run(minutes(75))).toMatchObject([{ end: 'given-up', stage: 'header' }])
    expect(await stage('header')).toMatchObject({ status: 'failed', note: expect.stringMatching(/^Nobody took .*\.$/) })
    // The stage's function ends the analysis: it is told once more.
    expect(told()).toEqual(['header', 'header', 'header', 'header'])
  })

  test('that could not be looked after does not keep others from being', async () => {
    const { run, control, table } = await begun()
    const other = caseStore(table, 'other')
    await other.cases.insert(ids, caseRecord)
    await other.dumps.insert(ids, { ...uploadingDump, sweepAt: firstUploadLook(start) })
    control.send = async () => {
      throw new Error('SQS is away')
    }
    expect((await run(minutes(16))).map(({ end }) => end).sort()).toEqual(['error', 'uploading'])
    // Both are due later, not at once again.
    expect(await run(minutes(17))).toEqual([])
  })
})

describe('a run', () => {
  test('looks at so many things and no more, the longest overdue first', async () => {
    const table = memoryTable()
    const store = caseStore(table, 'default')
    for (const number of [3, 1, 2])
      await store.dumps.insert(
        { ...ids, dumpId: `dump_${number}` },
        { ...uploadingDump, dumpId: `dump_${number}`, sweepAt: after(number).toISOString() },
      )
    const { run } = sweeper(table)
    const dumps = async (limits: SweepLimits) =>
      (await run(minutes(20), limits)).map(({ due }) => 'dumpId' in due && due.dumpId)
    expect(await dumps({ most: 2, withinMs: 1000 })).toEqual(['dump_1', 'dump_2'])
    expect(await dumps({ most: 2, withinMs: 0 })).toEqual([])
    expect(await dumps({ most: 2, withinMs: 1000 })).toEqual(['dump_3'])
  })
})

describe('an upload', () => {
  const uploading = async () => {
    const table = memoryTable()
    const store = caseStore(table, 'default')
    await store.cases.insert(ids, { ...caseRecord, status: 'uploading' })
    await store.dumps.insert(ids, { ...uploadingDump, sweepAt: firstUploadLook(start) })
    return { table, store, ...sweeper(table) }
  }

  test('that became an object unnoticed is begun', async () => {
    const { run, control, told, store } = await uploading()
    expect(await run(minutes(15))).toMatchObject([{ end: 'uploading' }])
    control.object = finishedObject
    expect(await run(minutes(60))).toMatchObject([{ end: 'begun' }])
    expect(told()).toEqual(['header'])
    expect(await store.dumps.get(ids)).toMatchObject({ status: 'uploaded', sweepAt: null, ...finishedObject })
  })

  test('that was completed while its event got lost is begun', async () => {
    const { run, told, store } = await uploading()
    await store.dumps.change(ids, (record) => pinDump(record, finishedObject, after(10)))
    expect(await run(minutes(6))).toMatchObject([{ end: 'begun' }])
    expect(told()).toEqual(['header'])
    expect(await run(minutes(10))).toEqual([])
  })

  test('that lasts is looked at ever more rarely, and one day it is given up, which the case says', async () => {
    const { run, store, control, table } = await uploading()
    const uploadId = 'upload_1'
    await store.dumps.change(ids, (record) => ({ next: { ...record, uploadId, linkId: 'link_1' } }))
    const upload = { ...ids, uploadId, multipartId: 'at S3', bytes: 1, partBytes: 1, parts: 1 }
    await store.uploads.insert({ ...ids, uploadId }, upload)
    const link = { ...uploadLink, dumps: [{ dumpId: ids.dumpId, bytes: 1 }] }
    await store.uploadLinks.insert(link, link)
    const ends: string[] = []
    for (let hour = 1; hour <= 24 * 15; hour++) ends.push(...(await run(minutes(60 * hour))).map(({ end }) => end))
    expect(ends.length).toBeLessThan(25)
    expect(ends.at(-1)).toBe('abandoned')
    const note = expect.stringMatching(/^Nobody finished this upload within 14 days/)
    expect(await store.dumps.get(ids)).toMatchObject({ status: 'aborted', sweepAt: null, note })
    expect((await store.cases.get(ids))?.status).toBe('empty')
    expect(control.aborted).toEqual(['at S3'])
    expect((await store.uploadLinks.get(link))?.dumps).toEqual([])
    const events = [...table.items.values()].filter(({ sk }) => sk.startsWith('audit#')).map(({ record }) => record)
    expect(events).toMatchObject([{ action: 'upload.abandoned', actor: 'dumpline' }])
  })

  test('in a single request, which nobody can resume, is given up after a day', async () => {
    const { run, store } = await uploading()
    await store.dumps.change(ids, (record) => ({ next: { ...record, uploadId: null } }))
    const ends: string[] = []
    for (let hour = 1; hour <= 36; hour++) ends.push(...(await run(minutes(60 * hour))).map(({ end }) => end))
    expect(ends.at(-1)).toBe('abandoned')
  })
})
