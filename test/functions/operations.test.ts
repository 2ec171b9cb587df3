import { describe, expect, test } from 'vitest'
import { addresseeOf } from '../../functions/api/operations/dead-letters.ts'
import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import { claimStage, failAnalysis, failStage, finishStage } from '../../shared/cases/transitions.ts'
import { after, caseRecord, ids, someCost, start, uploadedDump } from '../cases/records.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const message = { tenant: 'default', ...ids, stage: 'header', attempt: 1, lane: 'interactive' }
const letter = (messageId: string, body: unknown) => ({
  ...{ messageId, sentAt: start, body: typeof body === 'string' ? body : JSON.stringify(body) },
})
const upload = (key: string) => ({
  Records: [{ eventName: 'ObjectCreated:Put', s3: { object: { key, size: 1, eTag: 'e' } } }],
})

/** A case whose header stage failed at its last delivery, and so its analysis. */
const failed = async () => {
  const api = prepare()
  const { store } = api
  const header = { ...ids, stage: 'header' } as const
  await store.cases.insert(ids, caseRecord)
  await store.dumps.insert(ids, uploadedDump)
  await beginAnalysis(store, uploadedDump, { analysisId: ids.analysisId, engineVersion: '0.1.0', at: start })
  const claim = { attempt: 1, at: after(1), leaseMs: 1000, by: 'm1' }
  await store.stages.change(header, (stage) => claimStage(stage, claim))
  const failure = { note: 'S3 did not answer.', at: after(2), retriable: true }
  await store.stages.change(header, (stage) => failStage(stage, 1, failure))
  await store.analyses.change(ids, (analysis) => failAnalysis(analysis, after(2)))
  return { ...api, header, claim }
}

describe('dead letters', () => {
  test('of the tenant are explained by its records; of others nothing is told but that they are there', async () => {
    const { call, letters } = await failed()
    const secret = { ...message, tenant: 'neighbour', caseId: 'case_7777777777777777777777777z' }
    letters.set('header', [letter('a', message), letter('b', secret), letter('c', 'no message at all')])
    const { status, body } = await call('GET', '/api/operations/dead-letters')
    expect(status).toBe(200)
    expect(body).toMatchObject({ others: 2, partial: false })
    expect(body.letters).toEqual([
      {
        ...{ ...ids, queue: 'header', messageId: 'a', sentAt: start.toISOString(), lane: 'interactive', batchId: null },
        ...{ stage: 'header', shard: null, title: caseRecord.title, status: 'failed', why: 'S3 did not answer.' },
        ...{ failedAt: after(2).toISOString(), effect: 'tries-again' },
      },
    ])
    expect(JSON.stringify(body)).not.toContain('neighbour')
    expect(JSON.stringify(body)).not.toContain('case_7777')
    const theirs = await call('GET', '/api/operations/dead-letters', undefined, undefined, { tenant: 'neighbour' })
    expect(theirs.body.letters).toMatchObject([{ caseId: secret.caseId, title: null, effect: 'nothing' }])
    expect(JSON.stringify(theirs.body)).not.toContain(ids.caseId)
  })

  test('say that sending them again does nothing where their stage is settled', async () => {
    const { call, letters, store, header, claim } = await failed()
    letters.set('header', [letter('a', message)])
    const effect = async () => (await call('GET', '/api/operations/dead-letters')).body.letters[0].effect
    expect(await effect()).toBe('tries-again')
    await store.stages.change(header, (stage) => claimStage(stage, { ...claim, resuming: true, at: after(9) }))
    expect(await effect()).toBe('tries-again')
    await store.stages.change(header, (stage) => finishStage(stage, 2, someCost, after(10)))
    expect(await effect()).toBe('nothing')
  })

  test('are read as what they are, whatever is in them', () => {
    const { caseId, dumpId } = ids
    expect(addresseeOf('scan', JSON.stringify({ ...message, shard: 3 }))?.about).toMatchObject({ shard: 3, caseId })
    expect(addresseeOf('scan', JSON.stringify(message))).toBeNull()
    expect(addresseeOf('ingest', JSON.stringify(upload(`dumps/default/${caseId}/${dumpId}`)))).toMatchObject({
      tenant: 'default',
      about: { caseId, dumpId, stage: null },
    })
    expect(addresseeOf('reprocess', JSON.stringify({ tenant: 'default', batchId: 'batch_1' }))).toMatchObject({
      about: { batchId: 'batch_1', caseId: null },
    })
    expect(addresseeOf('announce', JSON.stringify({ tenant: 'default', ...ids }))?.about).toMatchObject(ids)
    const delivery = { tenant: 'default', webhookId: 'webhook_1', eventId: 'event_1' }
    expect(addresseeOf('webhooks', JSON.stringify(delivery))).toMatchObject({
      tenant: 'default',
      about: { caseId: null },
    })
    for (const owner of ['ingest', 'header', 'scan', 'reprocess', 'announce', 'webhooks'] as const)
      for (const body of ['', '{', '[]', 'null', '{"Records":[]}', '{"tenant":1}', JSON.stringify(upload('dumps/x'))])
        expect(addresseeOf(owner, body)).toBeNull()
  })
})

test('a redrive is answered at once, recorded, and refused where there is nothing to do or one is under way', async () => {
  const { call, letters } = await failed()
  const redrive = () => call('POST', '/api/operations/redrives', { queue: 'header' })
  expectProblem(await redrive(), 409, 'no-dead-letters')
  letters.set('header', [letter('a', message), letter('b', message)])
  expect(await redrive()).toMatchObject({ status: 201, body: { queue: 'header', messages: 2 } })
  expectProblem(await redrive(), 409, 'redrive-running')
  const { body } = await call('GET', '/api/operations/queues')
  const moves = body.deadLetters.filter(({ move }: { move: unknown }) => move !== null)
  expect(moves).toMatchObject([{ queue: 'header', move: { status: 'running', toMove: 2 } }])
  expect((await call('GET', '/api/operations/redrives')).body.redrives).toMatchObject([
    {
      actor: 'local',
      action: 'dead-letters.redriven',
      statement: 'The dead letters of header were sent again: about 2.',
    },
  ])
  const theirs = await call('GET', '/api/operations/redrives', undefined, undefined, { tenant: 'neighbour' })
  expect(theirs.body.redrives).toEqual([])
})

test('queues say since when the tenant’s oldest analysis waits in them', async () => {
  const { call, store } = prepare()
  await store.cases.insert(ids, caseRecord)
  await store.dumps.insert(ids, uploadedDump)
  await beginAnalysis(store, uploadedDump, { analysisId: ids.analysisId, engineVersion: '0.1.0', at: start })
  const waiting = async (tenant: string) =>
    (await call('GET', '/api/operations/queues', undefined, undefined, { tenant })).body.queues.filter(
      ({ oldestWaitsSince }: { oldestWaitsSince: unknown }) => oldestWaitsSince !== null,
    )
  expect(await waiting('default')).toMatchObject([
    { queue: 'header', lane: 'interactive', oldestWaitsSince: start.toISOString() },
  ])
  expect(await waiting('neighbour')).toEqual([])
})

test('cost is reckoned from what the stages recorded, on the day their analysis began', async () => {
  const { call, store } = prepare({ now: () => new Date('1970-01-02T12:00:00Z') })
  const record = {
    ...{ ...ids, stage: 'pool' as const, status: 'done' as const, attempt: 1, note: null },
    ...{ startedAt: start.toISOString(), finishedAt: '1970-01-01T10:00:00.000Z' },
    cost: { bytesRead: 1e9, reads: 1_000_000, milliseconds: 1_000_000, peakMemoryBytes: 1 },
  }
  await store.stages.insert(record, record)
  const { body } = await call('GET', '/api/operations/cost', undefined, { days: '2' })
  // 1,000 seconds of 3,008 MB, and a million GETs.
  const dollars = (1000 * 3008 * 0.0000133334) / 1024 + 0.4
  expect(body).toMatchObject({ behind: false, prices: { region: 'us-east-1' } })
  expect(body.days.map(({ day }: { day: string }) => day)).toEqual(['1970-01-02', '1970-01-01'])
  expect(body.days[1].dollars).toBeCloseTo(dollars, 6)
  expect(body.days[1].workers).toMatchObject([{ worker: 'pool', pieces: 1, bytesRead: 1e9 }])
  expect(body.days[0]).toMatchObject({ dollars: 0, workers: [] })
})
