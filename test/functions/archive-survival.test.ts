import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { someDump } from '../archive/some-dump.ts'
import { mishaps, numbers } from './mishaps.ts'
import { type Fate, type SimulationOptions, simulate } from './simulation.ts'

/** A dump as somebody sends it: in an archive, which is unpacked first. */
const dump = Buffer.from(someDump(20_000))
const packed = (options: SimulationOptions = {}) => simulate({ upload: gzipSync(dump), ...options })
const seeds = (count: number) => Array.from({ length: count }, (_, index) => `archive ${index}`)

const clean = await packed()
const once = ['running', 'announced', 'done']

test('an archive is unpacked, and what was in it is analysed', () => {
  expect(clean.notes.filter(Boolean)).toEqual([])
  expect(clean.stages).toEqual(['unpack done', 'header done', 'pool done', 'imports done', 'verdict done'])
  expect(Buffer.compare(clean.unpacked ?? Buffer.alloc(0), dump)).toBe(0)
  expect(clean.events).toEqual(once)
  expect(clean.deadLetters).toEqual([])
  expect(clean.steps.filter((step) => step.startsWith('unpack ')).length).toBeGreaterThan(10)
})

/** What came of it. What unpacking cost is that of the call which ended it: one that finds all parts there reads nothing. */
const withoutCost = ({ outcome }: Awaited<ReturnType<typeof packed>>) => ({
  ...outcome,
  analyses: outcome.analyses.map((one) => ({ ...one, stages: one.stages.map(({ cost, ...stage }) => stage) })),
  texts: outcome.texts.map(([key, text]) => [key, text.replaceAll(/"cost":\{[^}]*\}/g, '')]),
})

const expectSame = (ended: Awaited<ReturnType<typeof packed>>, where: string): void => {
  expect(withoutCost(ended), where).toEqual(withoutCost(clean))
  expect(ended.events, where).toEqual(once)
  expect(Buffer.compare(ended.unpacked ?? Buffer.alloc(0), dump), where).toBe(0)
}

test('every message delivered twice, at once or late, in any order comes to the same end', async () => {
  for (const seed of seeds(30)) {
    const ended = await packed({ twice: true, random: numbers(seed) })
    expectSame(ended, seed)
    expect(ended.deadLetters, seed).toEqual([])
  }
})

describe('a process killed', () => {
  test.each<Fate>(['killed-before', 'killed-after', 'fail', 'answer-lost'])(
    '(%s) at any one step of unpacking loses and doubles nothing',
    async (fate) => {
      for (const [step, name] of clean.steps.entries()) {
        if (!/^(ingest|unpack) /.test(name)) continue
        let count = 0
        expectSame(await packed({ fates: () => (count++ === step ? fate : 'go-on') }), `${name}, step ${step}`)
      }
    },
  )

  test('again and again, with messages twice and in any order, at 30 different places', async () => {
    for (const seed of seeds(30)) {
      const random = numbers(seed)
      const fates = mishaps(random, 6, 0.08, ['killed-before', 'killed-after', 'fail', 'answer-lost'])
      const ended = await packed({ fates, random, twice: random() < 0.5, withoutEvent: random() < 0.3 })
      expect(ended.isOver, seed).toBe(true)
      expectSame(ended, seed)
    }
  })

  test('whenever it unpacks ends as a failed analysis that says so', async () => {
    const ended = await packed({ fates: (step) => (step === 'unpack complete' ? 'killed-before' : 'go-on') })
    expect(ended.isOver).toBe(true)
    expect(ended.stages).toContain('unpack failed')
    expect(ended.notes.join()).toMatch(/stopped each time before it could finish, \d+ times/)
    expect(ended.detail.case.status).toBe('failed')
  })
})
