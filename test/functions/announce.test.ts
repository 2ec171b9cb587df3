import { expect, test } from 'vitest'
import { announceHandler } from '../../functions/announce/announce-handler.ts'
import { tenantStore } from '../../shared/cases/tenant-store.ts'
import { failAnalysis, finishAnalysis, noteAnnounced, resumeAnalysis } from '../../shared/cases/transitions.ts'
import { AnalysisEvent, endOf } from '../../shared/cases/webhooks/analysis-event.ts'
import type { DeliveryMessage } from '../../shared/messages/delivery-message.ts'
import { after, ids, start } from '../cases/records.ts'
import { begunAnalysis, lambdaContext, queueTools, sqsEvent, sqsRecord } from './fakes.ts'

/** An analysis, its end as told here, and what the bus was given. */
const begun = async () => {
  const analysis = await begunAnalysis()
  const published: AnalysisEvent[] = []
  const told: DeliveryMessage[] = []
  const bus = { isDown: false }
  const publish = async (event: AnalysisEvent) => {
    if (bus.isDown) throw new Error('The bus is down.')
    published.push(AnalysisEvent.parse(event))
  }
  const handler = announceHandler(
    {
      ...analysis.ports,
      publish,
      tenantStore: (tenant) => tenantStore(analysis.table, tenant),
      tellWebhook: async (message) => void told.push(message),
    },
    queueTools(),
  )
  /** True when the message is done with. */
  const tell = async (): Promise<boolean> => {
    const body = JSON.stringify({ tenant: 'default', ...ids })
    const { batchItemFailures } = await handler(sqsEvent(sqsRecord('m', body)), lambdaContext())
    return batchItemFailures.length === 0
  }
  const change = analysis.store.analyses.change
  return {
    ...analysis,
    bus,
    published,
    told,
    webhooks: tenantStore(analysis.table, 'default'),
    tell,
    finish: (seconds: number) =>
      change(ids, (record) => finishAnalysis(record, { headline: 'a.sys leaks.', verdict: 'culprit' }, after(seconds))),
    fail: (seconds: number) => change(ids, (record) => failAnalysis(record, after(seconds))),
    resume: (seconds: number) => change(ids, (record) => resumeAnalysis(record, after(seconds))),
  }
}

test('a finished analysis is announced once, by ids and verdict alone', async () => {
  const { finish, tell, published, analysis, clock } = await begun()
  await finish(9)
  clock.seconds = 10
  expect(await tell()).toBe(true)
  expect(published).toEqual([
    {
      id: `${ids.analysisId.replace('analysis', 'event')}-finished`,
      type: 'analysis.finished',
      timestamp: after(9).toISOString(),
      data: {
        tenant: 'default',
        ...ids,
        verdict: 'culprit',
        engineVersion: '0.1.0',
        supersedes: null,
        batchId: null,
      },
    },
  ])
  expect(await analysis()).toMatchObject({ announcedAt: after(10).toISOString(), sweepAt: null })
  expect(await tell()).toBe(true)
  expect(published).toHaveLength(1)
})

test('nothing is announced of an analysis that runs, or that nobody knows', async () => {
  const { tell, published, store } = await begun()
  expect(await tell()).toBe(true)
  expect(published).toEqual([])
  expect(endOf('default', (await store.analyses.get(ids))!)).toBeNull()
})

test('an announcement that does not get through is made again, under the same id', async () => {
  const { finish, tell, published, bus, analysis } = await begun()
  await finish(9)
  bus.isDown = true
  expect(await tell()).toBe(false)
  expect((await analysis())?.announcedAt).toBeNull()
  bus.isDown = false
  expect(await tell()).toBe(true)
  expect(published).toHaveLength(1)
})

test('one that failed, went on and was finished has two ends, each with an id of its own', async () => {
  const { fail, resume, finish, tell, published } = await begun()
  await fail(5)
  await tell()
  await resume(6)
  await tell()
  await finish(9)
  await tell()
  expect(published.map(({ type, data }) => [type, data.verdict])).toEqual([
    ['analysis.failed', null],
    ['analysis.finished', 'culprit'],
  ])
  expect(new Set(published.map(({ id }) => id)).size).toBe(2)
})

test('the note that an end was announced is not taken for another end', async () => {
  const { fail, resume, store } = await begun()
  await fail(5)
  const seen = (await store.analyses.get(ids))!
  await resume(6)
  const resumed = (await store.analyses.get(ids))!
  expect(noteAnnounced(resumed, seen, start)).toEqual({ refused: 'fenced' })
})
