import { describe, expect, test } from 'vitest'
import type { DumpFacts } from '../../shared/analysis/dump-facts.ts'
import { completeMemory } from '../../shared/verdict/complete-memory.ts'
import { leaksIn } from '../../shared/verdict/leaks.ts'
import { pressureOf } from '../../shared/verdict/pressure.ts'
import { knowledge, memory, tag } from './knowledge.ts'

const { dump, pool } = knowledge()
const gib = 2 ** 30
const pagesOf = (bytes: number): number => bytes / 4096
const machine = (gibibytes: number): DumpFacts => ({
  ...dump,
  build: 19041,
  physicalPages: { expected: pagesOf(gibibytes * gib), present: pagesOf(gibibytes * gib) },
})
/** No counter at all, as on current Windows without symbols; the tracker's sum stands in. */
const uncounted = memory({
  physicalPages: null,
  nonPagedPool: { usedPages: null, maximumPages: null, excessive: null },
  pagedPool: { usedPages: null, maximumPages: null, pools: [] },
})
const holding = (...bytes: number[]) => ({ ...pool!, tags: bytes.map((used, i) => tag(`Tg${i}`, used, 2_000)) })

describe('by a maximum', () => {
  const used = (usedPages: number, excessive: boolean | null) =>
    pressureOf('nonpaged', dump, memory({ nonPagedPool: { usedPages, maximumPages: 31986, excessive } }), pool)

  test('the line is four fifths', () => {
    expect(used(25588, false).state).toBe('normal')
    expect(used(25590, true).state).toBe('excessive')
    expect(used(31369, true).phrase).toBe('NonPagedPool is 98 % used')
  })

  test('counters that disagree leave it open', () => {
    expect(used(20000, null).state).toBe('unknown')
  })

  test('a counter far beyond all tags together is not believed to be in order', () => {
    const beyond = memory({ nonPagedPool: { usedPages: 140_000, maximumPages: 400_000, excessive: false } })
    expect(pressureOf('nonpaged', dump, beyond, pool).state).toBe('unknown')
    expect(pressureOf('nonpaged', dump, beyond, { ...pool!, lowerBound: true }).state).toBe('normal')
  })

  test('an old 32-bit system of unread maximum is in order below four fifths of 128 MiB, and not above those of 256', () => {
    const without = (mebibytes: number) =>
      pressureOf(
        'nonpaged',
        dump,
        memory({ nonPagedPool: { usedPages: mebibytes * 256, maximumPages: null, excessive: null } }),
        holding(mebibytes * 2 ** 20),
      ).state
    expect([90, 120, 180, 230].map(without)).toEqual(['normal', 'unknown', 'unknown', 'excessive'])
  })

  test('more pages than the machine has are no figure', () => {
    const lying = memory({ nonPagedPool: { usedPages: 29559056, maximumPages: 1561080, excessive: true } })
    const pressure = pressureOf('nonpaged', { ...dump, build: 9600 }, lying, null)
    expect(pressure).toMatchObject({ state: 'unknown', usedBytes: null })
  })
})

describe('by the size of memory, where no maximum bounds the pool', () => {
  test('a quarter of the machine is too much, less is not', () => {
    expect(pressureOf('nonpaged', machine(16), uncounted, holding(2 * gib, 2.2 * gib)).state).toBe('excessive')
    expect(pressureOf('nonpaged', machine(16), uncounted, holding(0.5 * gib, 0.6 * gib)).state).toBe('normal')
  })

  test('one tag with most of it and more than a gibibyte is too much', () => {
    expect(pressureOf('nonpaged', machine(64), uncounted, holding(1.5 * gib, 0.6 * gib)).state).toBe('excessive')
    expect(pressureOf('nonpaged', machine(64), uncounted, holding(1.5 * gib, 1.6 * gib, 0.5 * gib)).state).toBe(
      'normal',
    )
  })

  test('a reservation of few blocks is not, nor are the caches of Windows: files fill what memory there is', () => {
    const of = (name: string, outstanding: number) => ({ ...pool!, tags: [tag(name, 2 * gib, outstanding)] })
    const state = (name: string, outstanding: number) =>
      pressureOf('nonpaged', machine(256), uncounted, of(name, outstanding)).state
    expect(state('RamD', 4)).toBe('normal')
    expect(state('RamD', 4_000)).toBe('excessive')
    expect(state('MmSt', 400_000)).toBe('normal')
    expect(
      leaksIn(pressureOf('nonpaged', machine(256), uncounted, of('Leak', 400_000)), of('Leak', 400_000)),
    ).toHaveLength(1)
    expect(leaksIn(pressureOf('nonpaged', machine(256), uncounted, of('MmSt', 400_000)), of('MmSt', 400_000))).toEqual(
      [],
    )
  })

  test('a maximum beyond half of memory bounds nothing', () => {
    const seven = memory({
      physicalPages: pagesOf(8 * gib),
      nonPagedPool: { usedPages: pagesOf(3 * gib), maximumPages: pagesOf(6 * gib), excessive: false },
    })
    expect(pressureOf('nonpaged', { ...dump, build: 7601 }, seven, pool).state).toBe('excessive')
  })

  test('a maximum without the size of memory bounds a 32-bit pool only', () => {
    const of = (maximumPages: number) =>
      memory({ physicalPages: null, nonPagedPool: { usedPages: 9000, maximumPages, excessive: false } })
    const kernelDump: DumpFacts = { ...dump, format: 'kernel' }
    expect(pressureOf('nonpaged', kernelDump, of(31986), pool).state).toBe('normal')
    expect(pressureOf('nonpaged', kernelDump, of(2 ** 32), pool).state).toBe('unknown')
  })

  test('the pages of a kernel dump are not the size of the machine', () => {
    const kernelDump: DumpFacts = { ...machine(1), format: 'kernel' }
    expect(pressureOf('nonpaged', kernelDump, uncounted, holding(0.4 * gib)).state).toBe('unknown')
    const counted = { ...uncounted, physicalPages: pagesOf(16 * gib) }
    expect(pressureOf('nonpaged', kernelDump, counted, holding(0.4 * gib)).state).toBe('normal')
  })
})

test('a lower bound shows excess and never its absence', () => {
  const partial = (bytes: number) => ({ ...holding(bytes), lowerBound: true })
  expect(pressureOf('nonpaged', machine(16), uncounted, partial(5 * gib)).state).toBe('excessive')
  expect(pressureOf('nonpaged', machine(16), uncounted, partial(0.1 * gib))).toMatchObject({
    state: 'unknown',
    phrase: 'NonPagedPool holds at least 102.4 MiB',
  })
})

test('a leak is a fifth of a pool under pressure, never of a calm one', () => {
  const pressure = pressureOf('nonpaged', dump, memory(), pool)
  const bytes = 31369 * 4096
  const tags = [tag('Big ', bytes * 0.4, 10), tag('Also', bytes * 0.21, 10), tag('Less', bytes * 0.19, 10)]
  expect(leaksIn(pressure, { ...pool!, tags }).map((leak) => leak.tag.tag)).toEqual(['Big ', 'Also'])
  expect(leaksIn({ ...pressure, state: 'normal' }, { ...pool!, tags })).toEqual([])
  expect(leaksIn({ ...pressure, state: 'unknown' }, { ...pool!, tags })).toEqual([])
})

describe('memory usage completed from the accounting', () => {
  test('fills what no counter tells, and says so', () => {
    const filled = completeMemory(uncounted, holding(4097, 8192))!
    expect(filled.nonPagedPool.usedPages).toBe(4)
    expect(filled.sources['nonPagedPool.usedPages']).toContain('sum over all tags')
  })

  test('leaves counters alone, and takes nothing from a lower bound', () => {
    expect(completeMemory(memory(), holding(4096))!.nonPagedPool.usedPages).toBe(31369)
    expect(completeMemory(uncounted, { ...holding(4096), lowerBound: true })).toEqual(uncounted)
  })
})

test('more tags than a call takes arguments are judged like any others', () => {
  const tags = Array.from({ length: 200_000 }, (_, index) => tag(`T${index}`, 4096, 2_000))
  expect(pressureOf('nonpaged', machine(8), uncounted, { ...pool!, tags }).usedBytes).toBe(200_000 * 4096)
})
