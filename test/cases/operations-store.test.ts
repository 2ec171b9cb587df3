import { describe, expect, test } from 'vitest'
import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import { operationsStore } from '../../shared/cases/operations/operations-store.ts'
import { mostRead } from '../../shared/cases/operations/tally.ts'
import type { ShardRecord, StageRecord } from '../../shared/cases/records.ts'
import { caseStore } from '../../shared/cases/store.ts'
import {
  claimStage,
  failAnalysis,
  failStage,
  finishStage,
  giveUpStage,
  resumeAnalysis,
  type Step,
} from '../../shared/cases/transitions.ts'
import { countingTable } from './many-cases.ts'
import { memoryTable } from './memory-table.ts'
import { after, analysisRecord, caseRecord, ids, queuedStage, someCost, start, uploadedDump } from './records.ts'

const numbered = (kind: string, number: number): string => `${kind}_0000000001${String(number).padStart(16, '0')}`
/** What the ids of these tests say about when they were made. */
const day = '1970-01-01'
const longAfter = after(86_400)

const prepare = () => {
  const table = memoryTable()
  const counting = countingTable(table)
  return {
    table,
    ...{ requests: counting.requests, operations: operationsStore(counting.table, 'default') },
    ...{ store: caseStore(table, 'default'), neighbour: operationsStore(table, 'neighbour') },
  }
}
const header = { ...ids, stage: 'header' } as const
const claim = { attempt: 1, at: after(1), leaseMs: 1000, by: 'm1' }

const begun = async () => {
  const world = prepare()
  await world.store.cases.insert(ids, caseRecord)
  await world.store.dumps.insert(ids, uploadedDump)
  await beginAnalysis(world.store, uploadedDump, { analysisId: ids.analysisId, engineVersion: '0.1.0', at: start })
  return world
}

/** A stage or a shard that ended, of an analysis with this number. */
const ended = (number: number, more: Partial<StageRecord> = {}): StageRecord => ({
  ...queuedStage,
  ...{
    analysisId: numbered('analysis', number),
    stage: 'header',
    status: 'done',
    finishedAt: after(number).toISOString(),
  },
  ...{ cost: someCost, ...more },
})
const shardOf = (record: StageRecord, shard: number): ShardRecord => ({ ...record, shard, of: 2 })

describe('what runs', () => {
  test('is an analysis from its beginning to its end, with the stage it is at', async () => {
    const { store, operations, neighbour } = await begun()
    const first = { caseId: ids.caseId, title: caseRecord.title, stage: 'header', lane: 'interactive', sweeps: 0 }
    expect(await operations.underWay()).toMatchObject({
      analyses: [{ ...first, status: 'queued', since: start.toISOString() }],
      partial: false,
    })
    expect(await neighbour.underWay()).toEqual({ analyses: [], partial: false })
    await store.stages.change(header, (stage) => claimStage(stage, claim))
    expect((await operations.underWay()).analyses).toMatchObject([{ status: 'running', since: after(1).toISOString() }])
    await store.stages.change(header, (stage) => finishStage(stage, 1, someCost, after(3)))
    expect((await operations.underWay()).analyses).toMatchObject([
      { stage: 'pool', status: 'queued', since: after(3).toISOString() },
    ])
    await store.analyses.change(ids, (analysis) => failAnalysis(analysis, after(4)))
    expect((await operations.underWay()).analyses).toEqual([])
    await store.analyses.change(ids, (analysis) => resumeAnalysis(analysis, after(5)))
    expect((await operations.underWay()).analyses).toHaveLength(1)
  })

  test('is shown oldest first, up to a bound, in few requests', async () => {
    const { store, operations, requests } = prepare()
    for (let number = 0; number < 130; number++) {
      const id = { ...ids, analysisId: numbered('analysis', number) }
      for (const stage of ['header', 'pool', 'imports', 'verdict'] as const)
        await store.stages.insert({ ...id, stage }, { ...queuedStage, ...id, stage })
      await store.analyses.insert(id, { ...analysisRecord, ...id, createdAt: after(number).toISOString() })
    }
    const { analyses, partial } = await operations.underWay()
    expect(analyses.map(({ analysisId }) => analysisId)).toEqual(
      Array.from({ length: 100 }, (_, number) => numbered('analysis', number)),
    )
    expect(partial).toBe(true)
    expect(requests.filter((name) => name !== 'getMany')).toEqual(['listUp'])
    expect(requests.length).toBeLessThan(10)
  })
})

describe('failures', () => {
  test('are listed with their cause, and leave the list when the work is taken up again', async () => {
    const { store, operations, neighbour } = await begun()
    await store.stages.change(header, (stage) => claimStage(stage, claim))
    await store.stages.change(header, (stage) =>
      failStage(stage, 1, { note: 'S3 did not answer.', at: after(2), retriable: true }),
    )
    const failure = { ...ids, title: caseRecord.title, stage: 'header', shard: null, attempt: 1 }
    expect(await operations.failures({ limit: 10, cursor: null })).toEqual({
      failures: [{ ...failure, failedAt: after(2).toISOString(), why: 'S3 did not answer.', kind: 'unexpected' }],
      nextCursor: null,
    })
    expect((await neighbour.failures({ limit: 10, cursor: null })).failures).toEqual([])
    await store.stages.change(header, (stage) => claimStage(stage, { ...claim, at: after(9), resuming: true }))
    expect((await operations.failures({ limit: 10, cursor: null })).failures).toEqual([])
  })

  test('are read page by page, the newest first, shards with their number', async () => {
    const { store, operations } = prepare()
    for (let number = 1; number <= 3; number++) {
      const record = ended(number, { status: 'failed', cost: null, stage: 'pool' })
      const id = { ...ids, ...record }
      if (number === 2) await store.shards.insert({ ...id, shard: 7 }, shardOf(record, 7))
      else await store.stages.insert(id, record)
    }
    const first = await operations.failures({ limit: 2, cursor: null })
    expect(first.failures.map(({ analysisId, shard }) => [analysisId, shard])).toEqual([
      [numbered('analysis', 3), null],
      [numbered('analysis', 2), 7],
    ])
    const rest = await operations.failures({ limit: 2, cursor: first.nextCursor })
    expect(rest.failures.map(({ analysisId }) => analysisId)).toEqual([numbered('analysis', 1)])
    expect(rest.nextCursor).toBeNull()
  })
})

test('a failure is the dump’s own, unexpected, or given up by the sweep', async () => {
  const { store, operations } = prepare()
  const running = { ...queuedStage, stage: 'header', status: 'running' } as const
  const failing = { note: 'a', at: after(1) }
  const steps: ((stage: StageRecord) => Step<StageRecord>)[] = [
    (stage) => failStage(stage, 1, { ...failing, retriable: true }),
    (stage) => giveUpStage(stage, stage, 'a', after(2)),
    (stage) => failStage(stage, 1, failing),
  ]
  for (const [number, step] of steps.entries()) {
    const id = { ...ids, stage: 'header', analysisId: numbered('analysis', number) } as const
    await store.stages.insert(id, { ...running, analysisId: id.analysisId })
    await store.stages.change(id, step)
  }
  const { failures } = await operations.failures({ limit: 10, cursor: null })
  expect(Object.fromEntries(failures.map(({ analysisId, kind }) => [analysisId, kind]))).toEqual({
    [numbered('analysis', 0)]: 'unexpected',
    [numbered('analysis', 1)]: 'given-up',
    [numbered('analysis', 2)]: 'of-the-dump',
  })
})

describe('what was spent', () => {
  test('adds up by whose function did the work, with the shards taken out of their stage', async () => {
    const { store, operations, neighbour } = prepare()
    const use = (milliseconds: number) => ({ ...someCost, milliseconds })
    const pool = ended(1, { stage: 'pool', cost: use(100) })
    await store.stages.insert({ ...ids, ...pool }, pool)
    for (const shard of [0, 1])
      await store.shards.insert({ ...ids, ...pool, shard }, shardOf({ ...pool, cost: use(30) }, shard))
    // Failed, skipped and taken over: none of them is counted.
    const others: Partial<StageRecord>[] = [
      { stage: 'header', status: 'failed', cost: null },
      { stage: 'imports', status: 'skipped', cost: null },
      { stage: 'verdict', cost: use(0) },
    ]
    for (const other of others) {
      const record = ended(1, other)
      await store.stages.insert({ ...ids, ...record }, record)
    }
    const expected = { pool: { pieces: 1, milliseconds: 40 }, scan: { pieces: 2, milliseconds: 60 } }
    // Twice: from the entries, and from what was kept of them.
    for (let look = 0; look < 2; look++)
      expect(await operations.spent(day, longAfter)).toMatchObject({ sums: expected, behind: false })
    expect((await operations.spent('1970-01-02', longAfter)).sums).toEqual({})
    expect((await neighbour.spent(day, longAfter)).sums).toEqual({})
  })

  test('reads each entry once it is old enough, and those that come late to the newest as well', async () => {
    const { store, operations, table } = prepare()
    const add = async (number: number) => {
      const record = ended(number)
      await store.stages.insert({ ...ids, ...record }, record)
    }
    const pieces = async (seconds: number) => (await operations.spent(day, after(seconds))).sums.header?.pieces
    await add(10)
    await add(30)
    expect(await pieces(31)).toBe(2)
    // Written after the others were counted, and stamped before them.
    await add(20)
    expect(await pieces(32)).toBe(3)
    expect(await pieces(3600)).toBe(3)
    const kept = [...table.items.values()].find(({ sk }) => sk === 'tally')
    expect(kept?.record).toMatchObject({ upTo: `${after(30).toISOString()}#${numbered('analysis', 30)}#header` })
    await add(4000)
    expect(await pieces(4001)).toBe(4)
  })

  test('goes on where it stopped when there is more than one look reads', async () => {
    const { store, operations } = prepare()
    for (let number = 0; number < mostRead + 10; number++) {
      const record = ended(number)
      await store.stages.insert({ ...ids, ...record }, record)
    }
    const first = await operations.spent(day, longAfter)
    expect([first.behind, first.sums.header?.pieces]).toEqual([true, mostRead])
    const second = await operations.spent(day, longAfter)
    expect([second.behind, second.sums.header?.pieces]).toEqual([false, mostRead + 10])
  })

  test('is not counted twice by two who count at once', async () => {
    const { store, operations } = prepare()
    for (let number = 0; number < 5; number++) {
      const record = ended(number)
      await store.stages.insert({ ...ids, ...record }, record)
    }
    const looks = await Promise.all([1, 2, 3].map(() => operations.spent(day, longAfter)))
    expect(looks.map(({ sums }) => sums.header?.pieces)).toEqual([5, 5, 5])
    expect((await operations.spent(day, longAfter)).sums.header?.pieces).toBe(5)
  })
})

test('versions in use are counted by finished analyses', async () => {
  const { store, operations } = prepare()
  const facts = (pool: string) => ({
    data: { 'stage-header': '2', 'stage-pool': pool, allocators: '1' },
    ...{ build: null, architecture: 'x64' as const, refused: false },
  })
  const analyses = [
    { engineVersion: '0.1.0', facts: facts('3') },
    { engineVersion: '0.2.0', facts: facts('4') },
    { engineVersion: '0.2.0' },
  ]
  for (const [number, more] of analyses.entries()) {
    const id = { ...ids, analysisId: numbered('analysis', number) }
    const record = { ...analysisRecord, ...id, ...more, finishedAt: after(number).toISOString() }
    await store.analyses.insert(id, { ...record, status: 'done' })
  }
  const failed = { ...analysisRecord, analysisId: numbered('analysis', 9), status: 'failed' as const }
  await store.analyses.insert(failed, { ...failed, finishedAt: after(9).toISOString() })
  const at = (number: number) => after(number).toISOString()
  expect((await operations.versions(longAfter)).sums).toEqual({
    engine: { '0.1.0': { analyses: 1, lastAt: at(0) }, '0.2.0': { analyses: 2, lastAt: at(2) } },
    stages: {
      header: { '2': { analyses: 2, lastAt: at(1) } },
      pool: { '3': { analyses: 1, lastAt: at(0) }, '4': { analyses: 1, lastAt: at(1) } },
    },
  })
})
