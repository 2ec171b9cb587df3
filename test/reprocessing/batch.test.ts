import { describe, expect, test } from 'vitest'
import { settle } from '../../functions/reprocess/settle.ts'
import { spentOn } from '../../shared/cost/estimate.ts'
import { batchOf, sumOf } from '../campaign/batch-calls.ts'
import { storedIds } from '../campaign/stored-cases.ts'
import { fast, model, older, worldOf } from './outdated-world.ts'

test('a batch from its plan to its publication and back: every count adds up, and nothing is published before', async () => {
  const world = await worldOf(60)
  const batch = await batchOf(world, { name: 'Weights of 0.1', query: older, settings: fast })
  const planned = await batch.comesTo('planned')
  expect(planned.plan).toMatchObject({ dumps: 60, cases: 60, impossible: 0, beginAt: { verdict: 60 } })
  expect(planned.plan.bytes).toBe(60 * model.bytes.length)
  expect(planned.plan.estimatedDollars).toBeGreaterThan(0)

  await batch.act('dry-run')
  const tried = await batch.comesTo('tried')
  expect(tried.progress).toMatchObject({ items: 60, waiting: 54, same: 2, changed: 4, published: 0 })
  expect((await world.store.cases.get(storedIds(0)))?.verdict).toBe('inconclusive')

  await batch.act('start')
  await batch.progresses(({ waiting }) => waiting < 40)
  const paused = await batch.act('pause')
  expect(paused.batch.pause?.reason).toMatch(/ paused it\.$/)
  const drained = await batch.progresses(({ running }) => running === 0)
  const before = world.world.ms
  await world.run(() => world.world.ms > before + 600_000)
  expect((await batch.view()).progress).toEqual(drained.progress)

  await batch.act('resume')
  const half = await batch.progresses(({ waiting }) => waiting < 15)
  expect(half.progress.waiting).toBeGreaterThan(0)
  world.kill()
  const cancelled = await batch.act('cancel')
  expect(cancelled.progress.waiting).toBe(0)
  const over = await batch.progresses(({ running }) => running === 0)
  expect(over.progress.cancelled).toBe(cancelled.progress.cancelled)
  expect(over.progress.cancelled).toBeGreaterThan(0)
  expect(sumOf(over.progress)).toBe(60)

  await batch.act('publish')
  const published = await batch.comesTo('published')
  expect(published.progress.published).toBe(over.progress.same + over.progress.changed)
  expect(sumOf(published.progress)).toBe(60)
  const items = await batch.items()
  for (const item of items) {
    const [dump, record] = await Promise.all([world.store.dumps.get(item), world.store.cases.get(item)])
    const isDone = item.state === 'done'
    expect(dump?.currentAnalysisId).toBe(isDone ? item.analysisId : item.earlierId)
    expect(record?.outcomeOf).toBe(isDone ? item.analysisId : item.earlierId)
    if (isDone) expect(record?.headline).toBe(model.analysis.headline)
    expect(record?.notice?.batchId).toBe(isDone && item.difference?.culpritChanged ? batch.batchId : undefined)
  }
  expect(published.verdicts.reduce((sum, { dumps }) => sum + dumps, 0)).toBe(published.progress.published)

  await batch.act('move-back')
  await batch.comesTo('moved-back')
  for (const item of items) {
    const record = await world.store.cases.get(item)
    expect([record?.outcomeOf, record?.notice ?? null]).toEqual([item.earlierId, null])
  }
  await batch.act('publish')
  expect((await batch.comesTo('published')).progress).toEqual(published.progress)
})

test('the verdict alone is done again from stored results, and no byte of any dump is read', async () => {
  const world = await worldOf(12)
  const batch = await batchOf(world, { name: 'verdicts', query: older, settings: fast })
  // Not even the dumps themselves are needed.
  world.objects.clear()
  await batch.comesTo('planned')
  await batch.act('start')
  expect((await batch.comesTo('done')).progress).toMatchObject({ same: 4, changed: 8, failed: 0 })
  expect(world.world.dumpReads).toBe(0)
  for (const { caseId } of await batch.items()) {
    const [, { stages }] = (await world.store.detail(caseId))!.dumps[0].analyses
    expect(stages.map(({ cost }) => cost?.bytesRead)).toEqual([0, 0, 0, 0])
  }
})

test('the plan reckons with what an archive holds, with a full scan that was asked for, and with scans in shards', async () => {
  const world = await worldOf(4, 'header')
  const gib = 2 ** 30
  const holding = (bytes: number, fullScan?: boolean) => ({
    archive: { format: 'zip' as const, multipartId: null, unpacked: { bytes, etag: 'x', versionId: null } },
    fullScan,
  })
  const dumps = [{}, holding(5 * gib), holding(20 * gib), holding(20 * gib, true)]
  for (const [index, more] of dumps.entries())
    await world.store.dumps.change(storedIds(index), (dump) => ({ next: { ...dump, ...more } }))
  const batch = await batchOf(world, { name: 'large', query: older, settings: fast })
  await batch.comesTo('planned')
  const byCase = new Map((await batch.items()).map(({ caseId, estimate }) => [caseId, estimate.dollars]))
  const [small, divided, sampled, scanned] = dumps.map((_, index) => byCase.get(storedIds(index).caseId)!)
  expect(divided).toBeGreaterThan(10 * small)
  expect(sampled).toBeLessThan(divided / 3)
  expect(scanned).toBeGreaterThan(3 * divided)
})

test('an analysis whose scan was divided is charged with its shards as the work of their own function', async () => {
  const world = await worldOf(1)
  const batch = await batchOf(world, { name: 'one', query: older, settings: fast })
  await batch.comesTo('planned')
  const [item] = await batch.items()
  const id = { ...storedIds(0), stage: 'pool' as const }
  const cost = { bytesRead: 0, reads: 0, milliseconds: 1_000_000, peakMemoryBytes: 0 }
  const { record: pool } = await world.store.stages.change(id, (stage) => ({ next: { ...stage, cost } }))
  for (const shard of [0, 1]) await world.store.shards.insert({ ...id, shard }, { ...pool!, shard, of: 2 })
  const { record } = await world.batches.items.change(item, (planned) => ({
    next: { ...planned, state: 'running', analysisId: id.analysisId },
  }))
  const ports = {
    ...world,
    store: () => world.store,
    batches: () => world.batches,
    now: () => new Date(world.world.ms),
  }
  const { state, dollars } = await settle(ports, 'default', record!)
  const [{ stages, shards }] = (await world.store.detail(id.caseId))!.dumps[0].analyses
  expect(state).toBe('done')
  expect(dollars).toBeCloseTo(spentOn({ stages, shards }), 9)
  expect(dollars).toBeLessThan(0.7 * spentOn({ stages }))
})

test('a change in the first stage runs all of them, and one that the operator asks for runs from there', async () => {
  const world = await worldOf(3, 'header')
  const all = await batchOf(world, { name: 'all', query: older, settings: fast })
  expect((await all.comesTo('planned')).plan.beginAt).toEqual({ header: 3 })
  await all.act('start')
  await all.comesTo('done')
  // Each stage of the test's world reads once.
  expect(world.world.dumpReads).toBe(9)

  await world.seed(3, 'verdict', 3)
  const some = await batchOf(world, {
    name: 'imports',
    query: { caseIds: [3, 4, 5].map((index) => storedIds(index).caseId) },
    settings: { ...fast, beginAt: 'imports' },
  })
  expect((await some.comesTo('planned')).plan.beginAt).toEqual({ imports: 3 })
  await some.act('start')
  await some.comesTo('done')
  expect(world.world.dumpReads).toBe(12)
})

describe('what is chosen', () => {
  test.each([
    ['everything', {}, null, 9],
    ['by verdict', { verdict: ['inconclusive' as const] }, null, 3],
    ['by the engine', { engineOlderThan: '0.0.9' }, null, 0],
    ['by build', { buildFrom: 1, buildTo: 100_000 }, null, 9],
    ['by architecture', { architecture: ['arm64' as const] }, null, 0],
    ['by day', { from: '2026-01-01', to: '2026-01-01' }, null, 9],
    ['all but some', {}, { verdict: ['inconclusive' as const] }, 6],
    ['all but nothing said', {}, {}, 9],
    ['by driver', { driver: 'NOBODY.sys' }, null, 0],
    ['by label', { labels: ['escalated'] }, null, 0],
    ['by a word of the title', { text: 'old 4' }, null, 1],
  ])('(%s) becomes items', async (_what, query, exclude, dumps) => {
    const world = await worldOf(9)
    const batch = await batchOf(world, { name: 'some', query, exclude })
    expect((await batch.comesTo('planned')).plan.dumps).toBe(dumps)
  })

  test('and cannot be done is counted with its reason', async () => {
    const world = await worldOf(4, 'header')
    const [gone] = world.objects.keys()
    world.objects.delete(gone)
    const { caseId } = await world.upload()
    const batch = await batchOf(world, { name: 'some' })
    const { plan, progress } = await batch.comesTo('planned')
    expect(plan).toMatchObject({ dumps: 5, impossible: 2 })
    expect(progress).toMatchObject({ waiting: 3, impossible: 2 })
    const items = await batch.items()
    expect(items.find((item) => item.caseId === caseId)?.note).toMatch(/first analysis is not done/)
    expect(items.find((item) => gone.includes(item.dumpId))?.note).toMatch(/no longer in storage/)
  })
})

describe('a batch runs', () => {
  test('at its rate and concurrency, and no faster', async () => {
    const world = await worldOf(60)
    const batch = await batchOf(world, { name: 'slow', query: older, settings: { perMinute: 10, concurrency: 2 } })
    await batch.comesTo('planned')
    await batch.act('start')
    let most = 0
    await world.run(async () => {
      const { progress, batch: record } = await batch.view()
      most = Math.max(most, progress.running)
      return record.status === 'done'
    })
    expect(most).toBeLessThanOrEqual(2)
    const launches = (await batch.items()).map(({ launchedAt }) => Date.parse(launchedAt!)).sort((a, b) => a - b)
    for (const at of launches)
      expect(launches.filter((one) => one > at - 60_000 && one <= at).length).toBeLessThanOrEqual(10)
    const minutes = (launches.at(-1)! - launches[0]) / 60_000
    expect(60 / minutes).toBeGreaterThan(8)
  })

  test('until its budget is used up, and then pauses and says so', async () => {
    const world = await worldOf(30)
    const { plan } = await (await batchOf(world, { name: 'cost', query: older })).comesTo('planned')
    const budgetDollars = plan.estimatedDollars / 3
    const batch = await batchOf(world, { name: 'cheap', query: older, settings: { ...fast, budgetDollars } })
    await batch.comesTo('planned')
    await batch.act('start')
    await batch.comesTo('paused')
    const { progress, batch: record } = await batch.progresses(({ running }) => running === 0)
    expect(record.pause?.reason).toMatch(/budget/)
    expect(progress.spent).toBeLessThanOrEqual(budgetDollars)
    expect(progress.waiting).toBeGreaterThan(0)
    expect(sumOf(progress)).toBe(30)
  })

  test('until too much of it fails, and then pauses and says why', async () => {
    const failing = (dumpId: string) => [0, 1, 2, 3, 4, 5, 6].some((index) => storedIds(index).dumpId === dumpId)
    const world = await worldOf(40, 'header', { failing })
    const batch = await batchOf(world, { name: 'fails', query: older, settings: { ...fast, concurrency: 12 } })
    await batch.comesTo('planned')
    await batch.act('start')
    const { batch: record } = await batch.comesTo('paused')
    expect(record.pause?.reason).toMatch(
      /7 of the last \d+ analyses failed, more than the share of 20 %.*unexpected error/,
    )
    await batch.act('resume')
    const { progress } = await batch.comesTo('done')
    expect(progress).toMatchObject({ failed: 7, waiting: 0, running: 0 })
    expect(sumOf(progress)).toBe(40)
  })

  test('beside people’s uploads, which wait no longer for it', async () => {
    const queueing = async (withBatch: boolean) => {
      const world = await worldOf(60, 'header')
      if (withBatch) {
        const batch = await batchOf(world, {
          name: 'beside',
          query: older,
          settings: { perMinute: 6000, concurrency: 200 },
        })
        await batch.comesTo('planned')
        await batch.act('start')
      }
      for (let upload = 0; upload < 10; upload++) {
        const at = world.world.ms
        await world.upload()
        await world.run(() => world.world.ms > at + 3_000)
      }
      await world.run(() => false, 5)
      return world.queueing('interactive')
    }
    const [beside, alone] = [await queueing(true), await queueing(false)]
    expect(beside.messages).toBe(40)
    expect(beside).toEqual(alone)
  })

  test('to its end though its messages get lost', async () => {
    const world = await worldOf(10)
    const batch = await batchOf(world, { name: 'lost', query: older, settings: fast })
    await batch.comesTo('planned')
    await batch.act('start')
    await batch.progresses(({ waiting }) => waiting < 10)
    world.loseMessages()
    const { progress } = await batch.comesTo('done', 60)
    expect(sumOf(progress)).toBe(10)
    expect(progress).toMatchObject({ waiting: 0, running: 0, failed: 0 })
  })
})

test('a batch that moves cases at once leaves nothing to publish', async () => {
  const world = await worldOf(9)
  const batch = await batchOf(world, {
    name: 'now',
    query: older,
    settings: { ...fast, publish: 'at-once', sample: 3 },
  })
  await batch.comesTo('planned')
  await batch.act('dry-run')
  expect((await batch.comesTo('tried')).progress.published).toBe(0)
  await batch.act('start')
  expect((await batch.comesTo('published')).progress).toMatchObject({ published: 9, kept: 0 })
})

test('what a batch may be asked follows from its state', async () => {
  const world = await worldOf(3)
  const batch = await batchOf(world, { name: 'states', query: older, settings: fast })
  expect((await world.call('POST', `${batch.path}/start`)).status).toBe(409)
  expect((await batch.comesTo('planned')).actions).toEqual(['dry-run', 'start', 'cancel'])
  expect((await world.call('POST', `${batch.path}/publish`)).body.detail).toMatch(/planned: it does not take “publish”/)
  const csv = await world.call('GET', `${batch.path}/export`)
  expect(csv.body.split('\r\n')).toHaveLength(5)
  const json = await world.call('GET', `${batch.path}/export`, undefined, { format: 'json' })
  expect(JSON.parse(json.body)).toHaveLength(3)
  expect((await world.call('POST', '/api/reprocessing', { name: 'x', query: { verdict: ['guilty'] } })).status).toBe(
    400,
  )
})
