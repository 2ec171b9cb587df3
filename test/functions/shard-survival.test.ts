import { describe, expect, test } from 'vitest'
import { TaggedError } from '../../shared/bytes/tagged-error.ts'
import { traceId } from '../cases/records.ts'
import { dividedJobs } from './jobs.ts'
import { mishaps, numbers } from './mishaps.ts'
import { type Fate, type SimulationOptions, simulate } from './simulation.ts'

const shards = 3
const divided = (options: SimulationOptions = {}) => simulate({ jobs: dividedJobs(shards), ...options })
const seeds = (count: number) => Array.from({ length: count }, (_, index) => `shards ${index}`)

const clean = await divided()
const coverageOf = (ended: Awaited<ReturnType<typeof divided>>): string | undefined =>
  ended.outcome.texts.map(([, text]) => text).find((text) => text.includes('"schema"') && text.includes('"pool scan"'))

test('a first verdict from the tables stands, and a further analysis in shards refines it', () => {
  const [first, refined] = clean.analyses
  expect(clean.analyses).toHaveLength(2)
  expect(first.stages.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done'])
  expect(first.shards).toBeUndefined()
  expect(first.analysis.refinedBy).toBe(refined.analysis.analysisId)
  expect(refined.stages.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done'])
  expect(refined.shards).toEqual({ of: shards, done: shards, failed: 0 })
  // The person's lane is for first verdicts.
  expect([first.analysis.lane, refined.analysis.lane]).toEqual(['interactive', 'normal'])
  expect(refined.analysis).toMatchObject({ supersedes: first.analysis.analysisId, fullScan: true, traceId })
  expect(clean.outcome.current).toBe(1)
  expect(clean.detail.case.status).toBe('done')
  expect(clean.deadLetters).toEqual([])
  // The first analysis is there as it was, beside the refined one.
  expect(clean.outcome.texts.filter(([key]) => key.endsWith('analysis.json'))).toHaveLength(2)
  expect(coverageOf(clean)).toContain('"readBytes":6')
  // The tables twice, once to divide and once to fold, and each shard.
  const pool = refined.stages.find(({ stage }) => stage === 'pool')
  expect(pool?.cost?.reads).toBe(1 + shards + 1)
  expect(clean.minutes).toBeLessThan(5)
})

test('every message delivered twice, at once or late, in any order comes to the same end', async () => {
  for (const seed of seeds(40)) {
    const ended = await divided({ twice: true, random: numbers(seed) })
    expect(ended.outcome, seed).toEqual(clean.outcome)
    expect(ended.events.toSorted(), seed).toEqual(clean.events.toSorted())
    expect(ended.deadLetters, seed).toEqual([])
  }
})

describe('a process killed', () => {
  test('at any one of its steps, in one way or another, loses and doubles nothing', async () => {
    const ways: readonly Fate[] = ['killed-before', 'killed-after', 'fail', 'answer-lost']
    // What the stages do by themselves is tried in survival.test.ts, each step in each way.
    const ofShards = [...clean.steps.keys()].filter((step) => /^(scan|pool|verdict) /.test(clean.steps[step]))
    for (const step of ofShards) {
      let count = 0
      const fate = ways[step % ways.length]
      const ended = await divided({ fates: () => (count++ === step ? fate : 'go-on') })
      const where = `${fate}: ${clean.steps[step]}, step ${step}`
      expect(ended.outcome, where).toEqual(clean.outcome)
      expect(ended.events.toSorted(), where).toEqual(clean.events.toSorted())
    }
  })

  test('again and again, with messages twice and in any order, at 200 different places', async () => {
    let mostMinutes = 0
    for (const seed of seeds(200)) {
      const random = numbers(seed)
      const fates = mishaps(random, 6, 0.04, ['killed-before', 'killed-after', 'fail', 'answer-lost'])
      const ended = await divided({ fates, random, twice: random() < 0.5, withoutEvent: random() < 0.3 })
      expect(ended.isOver, seed).toBe(true)
      expect(ended.outcome, seed).toEqual(clean.outcome)
      expect(ended.events.toSorted(), seed).toEqual(clean.events.toSorted())
      mostMinutes = Math.max(mostMinutes, ended.minutes)
    }
    expect(mostMinutes).toBeLessThan(24 * 60)
  })
})

describe('a shard', () => {
  test('whose worker is killed each time costs that shard, and the verdict says so', async () => {
    let started = 0
    const jobs = dividedJobs(shards, async (shard) => {
      if (shard === 2) started++
    })
    let scanning = -1
    const ended = await divided({
      jobs,
      fates: (step) => {
        if (step === 'scan fetch') scanning = started
        return step === 'scan write' && started > scanning ? 'killed-before' : 'go-on'
      },
    })
    expect(ended.isOver).toBe(true)
    expect(ended.analyses[1].shards).toEqual({ of: shards, done: shards - 1, failed: 1 })
    expect(ended.analyses[1].analysis.status).toBe('done')
    expect(coverageOf(ended)).toMatch(/"readBytes":3,.*stopped each time before it could finish/)
    expect(ended.outcome.current).toBe(1)
  })

  test('that the dump does not allow is no dead letter, and is not tried again', async () => {
    let tries = 0
    const jobs = dividedJobs(shards, async (shard) => {
      if (shard !== 0) return
      tries++
      throw new TaggedError('dump-gone', 'The dump is gone.', 'Upload it again.')
    })
    const ended = await divided({ jobs })
    expect(tries).toBe(1)
    expect(ended.deadLetters).toEqual([])
    expect(coverageOf(ended)).toContain('The dump is gone. Upload it again.')
    expect(ended.analyses[1].shards).toEqual({ of: shards, done: shards - 1, failed: 1 })
  })

  test('that breaks each time ends in the dead-letter queue of the scan, and the others’ work counts', async () => {
    const jobs = dividedJobs(shards, async (shard) => {
      if (shard === 1) throw new RangeError('no')
    })
    const ended = await divided({ jobs })
    expect(ended.deadLetters).toEqual(['scan'])
    expect(ended.stages.slice(4)).toEqual(['header done', 'pool done', 'imports done', 'verdict done'])
    expect(coverageOf(ended)).toContain('unexpected error (RangeError)')
  })

  test('is retried alone: the others are scanned once each', async () => {
    const scans: number[] = []
    let broken = true
    const jobs = dividedJobs(shards, async (shard) => {
      scans.push(shard)
      if (shard === 2 && broken) {
        broken = false
        throw new RangeError('once')
      }
    })
    const ended = await divided({ jobs })
    expect(scans.toSorted()).toEqual([0, 1, 2, 2])
    expect(ended.outcome).toEqual(clean.outcome)
  })
})

test('every shard lost leaves the tables’ verdict, made once more and said to be without a scan', async () => {
  const jobs = dividedJobs(shards, async () => {
    throw new TaggedError('dump-gone', 'The dump is gone.', 'Upload it again.')
  })
  const ended = await divided({ jobs })
  expect(ended.analyses[1].shards).toEqual({ of: shards, done: 0, failed: shards })
  expect(ended.analyses[1].analysis.status).toBe('done')
  expect(coverageOf(ended)).toContain('"readBytes":0')
})
