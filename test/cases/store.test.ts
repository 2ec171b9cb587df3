import { describe, expect, test } from 'vitest'
import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import { closeCase } from '../../shared/cases/life/case-life.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { pinDump } from '../../shared/cases/transitions.ts'
import { memoryTable } from './memory-table.ts'
import { after, caseRecord, finishedObject, ids, queuedStage, start, uploadedDump, uploadingDump } from './records.ts'

const prepare = async (tenant = 'default') => {
  const table = memoryTable()
  const store = caseStore(table, tenant)
  await store.cases.insert(ids, caseRecord)
  return { table, store }
}
const beginning = { analysisId: ids.analysisId, engineVersion: '0.1.0', at: start }

describe('records', () => {
  test('are inserted once', async () => {
    const { store } = await prepare()
    expect(await store.cases.insert(ids, { ...caseRecord, title: 'Other' })).toBe(false)
    expect((await store.cases.get(ids))?.title).toBe(caseRecord.title)
  })

  test('of one tenant are not there for another', async () => {
    const { table, store } = await prepare('one')
    const other = caseStore(table, 'two')
    expect(await store.detail(ids.caseId)).not.toBeNull()
    expect(await other.detail(ids.caseId)).toBeNull()
    expect((await other.search({}, { limit: 10, cursor: null })).cases).toEqual([])
  })

  test('changed by someone else meanwhile are read again before they are written', async () => {
    const { table, store } = await prepare()
    await store.dumps.insert(ids, uploadingDump)
    let asked = 0
    const changed = await store.dumps.change(ids, (record) => {
      asked++
      // Another writer gets in between this reading and its writing, once.
      if (asked === 1) {
        const item = [...table.items.values()].find(({ sk }) => sk.startsWith('dump#'))!
        table.items.set(`${item.pk} ${item.sk}`, {
          ...item,
          revision: item.revision + 1,
          record: { ...uploadingDump, fileName: 'renamed.dmp' },
        })
      }
      return pinDump(record, finishedObject, after(1))
    })
    expect(asked).toBe(2)
    expect(changed.record).toMatchObject({ status: 'uploaded', fileName: 'renamed.dmp' })
  })

  test('that are missing or not open to a step say so and stay as they are', async () => {
    const { store } = await prepare()
    expect(await store.dumps.change(ids, (record) => pinDump(record, finishedObject, start))).toEqual({
      record: null,
      refused: 'absent',
    })
    await store.dumps.insert(ids, uploadedDump)
    expect(await store.dumps.change(ids, (record) => pinDump(record, finishedObject, after(9)))).toEqual({
      record: uploadedDump,
      refused: 'settled',
    })
  })

  test('that changed under every attempt end in an error rather than in a loop', async () => {
    const { table, store } = await prepare()
    await store.dumps.insert(ids, uploadingDump)
    const losing = caseStore({ ...table, put: async () => false }, 'default')
    await expect(losing.dumps.change(ids, (record) => pinDump(record, finishedObject, start))).rejects.toThrow(
      /changed under/,
    )
  })
})

test('shards of a stage are counted by their own records, and shown as progress', async () => {
  const { store } = await prepare()
  await store.dumps.insert(ids, uploadedDump)
  await beginAnalysis(store, uploadedDump, beginning)
  const stage = { ...ids, stage: 'pool' as const }
  expect(await store.shardsOf(stage)).toEqual([])
  for (const [shard, status] of (['queued', 'done', 'failed', 'done'] as const).entries())
    await store.shards.insert({ ...stage, shard }, { ...queuedStage, shard, of: 4, status })
  expect((await store.shardsOf(stage)).map(({ shard, status }) => [shard, status])).toEqual([
    [0, 'queued'],
    [1, 'done'],
    [2, 'failed'],
    [3, 'done'],
  ])
  const detail = await store.detail(ids.caseId)
  expect(detail?.dumps[0].analyses[0].shards).toEqual({ of: 4, done: 2, failed: 1 })
})

describe('beginning an analysis', () => {
  test('queues every stage, and a repeat finds the same analysis', async () => {
    const { store } = await prepare()
    await store.dumps.insert(ids, uploadedDump)
    expect(await beginAnalysis(store, uploadedDump, beginning)).toEqual({
      analysisId: ids.analysisId,
      waiting: true,
      first: 'header',
    })
    const again = await beginAnalysis(store, uploadedDump, { ...beginning, analysisId: 'analysis_other' })
    expect(again).toEqual({ analysisId: ids.analysisId, waiting: true, first: 'header' })
    const detail = (await store.detail(ids.caseId))!
    expect(detail.dumps).toHaveLength(1)
    expect(detail.dumps[0].dump.currentAnalysisId).toBe(ids.analysisId)
    expect(detail.dumps[0].analyses).toHaveLength(1)
    expect(detail.dumps[0].analyses[0].stages.map(({ stage, status }) => `${stage} ${status}`)).toEqual([
      'header queued',
      'pool queued',
      'imports queued',
      'verdict queued',
    ])
  })

  test('is completed by a repeat wherever the first one broke off', async () => {
    const writes = 8 // the dump, the analysis, its four stages, the case, and the case with its index up to date
    for (let survive = 0; survive <= writes; survive++) {
      const { table, store } = await prepare()
      await store.dumps.insert(ids, uploadedDump)
      let left = survive
      const breaking = caseStore(
        {
          ...table,
          put: async (item, expected) => {
            if (left-- === 0) throw new Error('the process ends here')
            return table.put(item, expected)
          },
        },
        'default',
      )
      const first = beginAnalysis(breaking, uploadedDump, beginning)
      if (survive < writes) await expect(first).rejects.toThrow('ends here')
      else await first
      const { analysisId } = await beginAnalysis(store, uploadedDump, { ...beginning, analysisId: 'analysis_second' })
      const { analyses } = (await store.detail(ids.caseId))!.dumps[0]
      expect(analyses.map(({ analysis, stages }) => [analysis.analysisId, stages.length])).toEqual([[analysisId, 4]])
    }
  })

  test('opens a case again that was closed before the dump came, and records it once', async () => {
    const { store } = await prepare()
    await store.dumps.insert(ids, uploadedDump)
    await store.cases.change(ids, (record) => closeCase(record, 'anna', after(-60)))
    await beginAnalysis(store, uploadedDump, beginning)
    await beginAnalysis(store, uploadedDump, beginning)
    expect(await store.cases.get(ids)).toMatchObject({ closedAt: null, status: 'analysing' })
    expect(await store.history(ids.caseId, { limit: 10, before: null })).toMatchObject([
      { action: 'case.reopened', actor: 'dumpline' },
    ])
    // Closed with the dump already there, it stays closed.
    await store.cases.change(ids, (record) => closeCase(record, 'anna', after(60)))
    await beginAnalysis(store, uploadedDump, beginning)
    expect(await store.cases.get(ids)).toMatchObject({ closedBy: 'anna' })
  })

  test('is not possible before the dump is uploaded', async () => {
    const { store } = await prepare()
    await store.dumps.insert(ids, uploadingDump)
    await expect(beginAnalysis(store, uploadingDump, beginning)).rejects.toThrow(/cannot be analysed/)
  })
})
