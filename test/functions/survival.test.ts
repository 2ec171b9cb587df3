import { describe, expect, test } from 'vitest'
import { dumpStage } from '../../functions/aws/dump-stage.ts'
import { TaggedError } from '../../shared/bytes/tagged-error.ts'
import { entryKey, termsOf } from '../../shared/cases/search/search-terms.ts'
import { ids, traceId } from '../cases/records.ts'
import { emptyJobs } from './jobs.ts'
import { mishaps, numbers } from './mishaps.ts'
import { type Fate, type Fates, simulate } from './simulation.ts'

const seeds = (count: number) => Array.from({ length: count }, (_, index) => `seed ${index}`)

/** `fate` for the step with this number, and nothing for any other. */
const atStep = (number: number, fate: Fate): Fates => {
  let step = 0
  return () => (step++ === number ? fate : 'go-on')
}

const clean = await simulate()
const once = ['running', 'announced', 'done']

test('a dump comes to its verdict by itself, and nothing is left over', () => {
  expect(clean.stages).toEqual(['header done', 'pool done', 'imports done', 'verdict done'])
  expect(clean.events).toEqual(once)
  expect(clean.detail.case.status).toBe('done')
  expect(clean.outcome.found).toEqual(
    termsOf(clean.detail.case)
      .map((term) => entryKey('default', term, ids.caseId))
      .map(({ pk, sk }) => `${pk} ${sk}`)
      .sort(),
  )
  expect(clean.deadLetters).toEqual([])
  expect(clean.published).toHaveLength(1)
  expect(clean.outcome).toMatchObject({ announced: ['analysis.finished event-finished'], unannounced: 0 })
  expect(clean.minutes).toBeLessThan(5)
  expect(clean.analyses[0].analysis).toMatchObject({ lane: 'interactive', traceId, sweepAt: null })
})

describe('every message delivered twice, at once or late, in any order', () => {
  test('comes to the same end, with one analysis and no event twice', async () => {
    for (const seed of seeds(100)) {
      const ended = await simulate({ twice: true, random: numbers(seed) })
      expect(ended.outcome, seed).toEqual(clean.outcome)
      expect(ended.events, seed).toEqual(once)
      expect(ended.deadLetters, seed).toEqual([])
    }
  })

  test('changes nothing for a dump whose pool stage cannot be done, not even the reason given for it', async () => {
    const jobs = emptyJobs({
      pool: (ports) =>
        dumpStage('pool', ports, async () => {
          throw new TaggedError('no-tracker', 'The tracker is not in the dump.', 'Collect a full dump.')
        }),
    })
    const single = await simulate({ jobs })
    expect(single.stages).toEqual(['header done', 'pool failed', 'imports done', 'verdict done'])
    for (const seed of seeds(50)) {
      const ended = await simulate({ jobs, twice: true, random: numbers(seed) })
      expect(ended.outcome, seed).toEqual(single.outcome)
      expect(ended.events, seed).toEqual(once)
    }
  })
})

describe('a process killed', () => {
  test.each<Fate>(['killed-before', 'killed-after', 'fail', 'answer-lost'])(
    '(%s) at any one of its steps loses and doubles nothing',
    async (fate) => {
      for (let step = 0; step < clean.steps.length; step++) {
        const ended = await simulate({ fates: atStep(step, fate) })
        const where = `${clean.steps[step]}, step ${step}`
        expect(ended.outcome, where).toEqual(clean.outcome)
        expect(ended.events, where).toEqual(once)
      }
    },
  )

  test('again and again, with messages twice and in any order, at 200 different places', async () => {
    let mostMinutes = 0
    for (const seed of seeds(200)) {
      const random = numbers(seed)
      const fates = mishaps(random, 6, 0.08, ['killed-before', 'killed-after', 'fail', 'answer-lost'])
      const ended = await simulate({ fates, random, twice: random() < 0.5, withoutEvent: random() < 0.3 })
      expect(ended.isOver, seed).toBe(true)
      expect(ended.outcome, seed).toEqual(clean.outcome)
      expect(ended.events, seed).toEqual(once)
      expect(ended.journeys, seed).toEqual([`interactive ${traceId}`])
      mostMinutes = Math.max(mostMinutes, ended.minutes)
    }
    // Nobody has waited for a day.
    expect(mostMinutes).toBeLessThan(24 * 60)
  })

  test.each(['header', 'verdict'])('whenever it runs the %s ends as a failed analysis that says so', async (stage) => {
    const ended = await simulate({ fates: (step) => (step.startsWith(`${stage} write`) ? 'killed-before' : 'go-on') })
    expect(ended.isOver).toBe(true)
    expect(ended.stages).toContain(`${stage} failed`)
    expect(ended.notes.join()).toMatch(/stopped each time before it could finish, \d+ times/)
    expect(ended.events).toEqual(['running', 'failed'])
    expect(ended.detail.case.status).toBe('failed')
  })

  test('whenever it runs the pool stage costs the pool stage, and the verdict says what is missing', async () => {
    const ended = await simulate({ fates: (step) => (step === 'pool write' ? 'killed-before' : 'go-on') })
    expect(ended.stages).toEqual(['header done', 'pool failed', 'imports done', 'verdict done'])
    expect(ended.events).toEqual(once)
    expect(ended.outcome.texts.find(([key]) => key.endsWith('analysis.json'))?.[1]).toMatch(/stopped each time/)
  })
})

describe('an upload that S3 never reported', () => {
  test('is found by the sweep', async () => {
    const ended = await simulate({ withoutEvent: true })
    expect(ended.outcome).toEqual(clean.outcome)
    expect(ended.minutes).toBeLessThan(30)
  })
})

test('a storage that fails at every second step is asked again later, and not all the time', async () => {
  const random = numbers('trouble')
  const until = 400
  let steps = 0
  const ended = await simulate({ random, fates: () => (++steps < until && random() < 0.5 ? 'fail' : 'go-on') })
  expect(ended.isOver).toBe(true)
  expect(ended.detail.case.status).toMatch(/done|failed/)
  // Each delivery ends at its first failing step and comes back after a while: no step is repeated in a loop.
  expect(steps / ended.minutes).toBeLessThan(60)
})
