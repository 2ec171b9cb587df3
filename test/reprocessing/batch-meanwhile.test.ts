import { describe, expect, test } from 'vitest'
import { emptyRetention } from '../../shared/cases/life/retention.ts'
import { batchOf, sumOf } from '../campaign/batch-calls.ts'
import { storedIds } from '../campaign/stored-cases.ts'
import { fast, older, worldOf } from './outdated-world.ts'

describe('when the world moves meanwhile', () => {
  const settings = { ...fast, concurrency: 1, perMinute: 600 }

  test('the later of two batches over one case leaves it as the earlier one moved it, and says so', async () => {
    const world = await worldOf(6)
    const caseIds = [2, 3].map((index) => storedIds(index).caseId)
    const [first, second] = [
      await batchOf(world, { name: 'first', query: older, settings: fast }),
      await batchOf(world, { name: 'second', query: { caseIds }, settings: fast }),
    ]
    for (const batch of [first, second]) await batch.comesTo('planned')
    for (const batch of [first, second]) await batch.act('start')
    for (const batch of [first, second]) await batch.comesTo('done')
    for (const batch of [first, second]) {
      await batch.act('publish')
      await batch.comesTo('published')
    }
    expect((await first.view()).progress).toMatchObject({ published: 6, kept: 0 })
    expect((await second.view()).progress).toMatchObject({ published: 0, kept: 2 })
    for (const { publication } of await second.items())
      expect(publication?.reason).toMatch(/another analysis meanwhile/)
    // Moving the first one back does not touch what is not its own.
    await first.act('move-back')
    expect((await first.comesTo('moved-back')).progress.movedBack).toBe(6)
    await second.act('publish')
    expect((await second.comesTo('published')).progress).toMatchObject({ published: 2, kept: 0 })
  })

  test('a case deleted is impossible, before and after its analysis began, and published or not', async () => {
    const world = await worldOf(6)
    const batch = await batchOf(world, { name: 'deleted', query: older, settings })
    await batch.comesTo('planned')
    world.deleteCase(storedIds(5).caseId)
    await batch.act('start')
    await batch.progresses(({ running }) => running === 1)
    const under = (await batch.items()).find(({ state }) => state === 'running')!
    world.deleteCase(under.caseId)
    const { progress } = await batch.comesTo('done')
    expect(progress).toMatchObject({ impossible: 2, waiting: 0, running: 0 })
    expect(sumOf(progress)).toBe(6)
    const done = (await batch.items()).find(({ state }) => state === 'done')!
    world.deleteCase(done.caseId)
    await batch.act('publish')
    expect((await batch.comesTo('published')).progress).toMatchObject({ published: 3, kept: 1 })
    expect((await batch.items()).find(({ publication }) => publication?.state === 'kept')?.publication?.reason).toBe(
      'The case was deleted.',
    )
  })

  test('a case on legal hold stays as it is, and is moved once the hold is lifted', async () => {
    const world = await worldOf(2)
    const { caseId, analysisId } = storedIds(0)
    const batch = await batchOf(world, { name: 'held', query: older, settings })
    await batch.comesTo('planned')
    await batch.act('start')
    await batch.progresses(({ running }) => running === 1)
    const hold = { at: '2026-05-04T10:00:00.000Z', by: 'lead', reason: 'A claim.' }
    await world.store.retention.insert({ caseId }, emptyRetention(caseId, new Date(hold.at)))
    await world.store.retention.change({ caseId }, (record) => ({ next: { ...record, hold } }))
    await batch.comesTo('done')
    const before = await world.store.cases.get({ caseId })
    await batch.act('publish')
    expect((await batch.comesTo('published')).progress).toMatchObject({ same: 0, changed: 2, published: 1, kept: 1 })
    expect(await world.store.cases.get({ caseId })).toEqual(before)
    expect((await world.store.dumps.get(storedIds(0)))?.currentAnalysisId).toBe(analysisId)
    const held = (await batch.items()).find((item) => item.caseId === caseId)
    expect(held?.publication?.reason).toMatch(/legal hold/)

    await world.store.retention.change({ caseId }, (record) => ({ next: { ...record, hold: null } }))
    await batch.act('publish')
    expect((await batch.comesTo('published')).progress).toMatchObject({ published: 2, kept: 0 })
    // A hold set after that keeps the case from being moved back.
    await world.store.retention.change({ caseId }, (record) => ({ next: { ...record, hold } }))
    await batch.act('move-back')
    expect((await batch.comesTo('moved-back')).progress).toMatchObject({ published: 1, movedBack: 1 })
    expect((await world.store.cases.get({ caseId }))?.outcomeOf).toBe(held?.analysisId)
  })

  test('a case with a newer dump goes on showing that, and its older dump gets its new analysis', async () => {
    const world = await worldOf(1)
    const { caseId } = storedIds(0)
    const batch = await batchOf(world, { name: 'again', query: older, settings })
    await batch.comesTo('planned')
    await batch.act('start')
    await batch.comesTo('done')
    const newer = await world.upload(caseId)
    // Published while the newer dump is under analysis, and seen again when that is done.
    await batch.act('publish')
    await batch.comesTo('published')
    await world.run(async () => (await world.store.cases.get({ caseId }))?.status === 'done')
    const [old, fresh] = (await world.store.detail(caseId))!.dumps
    expect(fresh.dump.dumpId).toBe(newer.dumpId)
    const [item] = await batch.items()
    expect(old.dump.currentAnalysisId).toBe(item.analysisId)
    const record = await world.store.cases.get({ caseId })
    expect(record).toMatchObject({ outcomeOf: fresh.dump.currentAnalysisId, statusOf: fresh.dump.currentAnalysisId })
  })
})
