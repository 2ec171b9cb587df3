import { describe, expect, test } from 'vitest'
import { Comparison } from '../../shared/analysis/comparison.ts'
import type { Finding } from '../../shared/analysis/finding.ts'
import { compare } from '../../shared/growth/compare.ts'
import { hoursText } from '../../shared/growth/intervals.ts'
import { comparisonReport } from '../../shared/report/comparison.ts'
import { memory } from '../verdict/knowledge.ts'
import { snapshot, tagRow } from './snapshots.ts'

const compared = (...dumps: Parameters<typeof compare>[0]) => Comparison.parse(compare(dumps))
const rowOf = ({ tags }: Comparison, tag: string) => tags.find((row) => row.tag === tag)

const steady = [tagRow('MmCm', 1198, 18_462_512), tagRow('Irp ', 4000, 2_000_000)]

describe('the seed\u2019s commenter: thread objects over three days', () => {
  const first = snapshot(0, [tagRow('Thre', 110_065, 68_680_560), ...steady])
  const last = snapshot(72, [tagRow('Thre', 137_029, 85_506_096, 1500), ...steady])
  const comparison = compared(first, last)

  test('Thre grows, and nothing else', () => {
    expect(rowOf(comparison, 'Thre')).toEqual({
      tag: 'Thre',
      pool: 'nonpaged',
      bytes: [68_680_560, 85_506_096],
      outstanding: [110_065, 137_029],
      bytesPerHour: (85_506_096 - 68_680_560) / 72,
      allocated: 27_464,
      freed: 500,
      grows: true,
      lockstepWith: [],
    })
    expect(comparison.tags.filter(({ grows }) => grows)).toHaveLength(1)
    expect(comparison).toMatchObject({ sameServer: true, intervals: [{ hours: 72, rebooted: false }], span: [0, 1] })
  })

  test('it is an object leak whose holder two figures do not name', () => {
    expect(comparison.findings).toMatchObject([
      { kind: 'object-leak', tag: 'Thre', status: 'inconclusive', candidates: [], bytes: 85_506_096 },
    ])
    expect(comparison.headline).toBe(
      'Thre in NonPagedPool grew from 68,680,560 to 85,506,096 bytes (110,065 to 137,029 blocks) in 72 hours, 233,688 bytes an hour, and is the only tag that grows.',
    )
    expect(comparison.findings[0].summary).toContain('NonPagedPool is full 14 days after the last dump')
  })

  test('the order in which the files are given does not matter', () => {
    expect(compared(last, first)).toEqual(comparison)
  })

  test('the report shows the figures of both', () => {
    const report = comparisonReport(comparison)
    expect(report).toMatch(/Thre +nonpaged +68680560 +110065 +85506096 +137029 +233688 +27464 +500 +yes/)
  })
})

describe('who makes it grow is what the newest dump says', () => {
  const leak = (status: Finding['status'], tag = 'None'): Finding => ({
    id: 'pool-leak-nonpaged-None',
    kind: 'pool-leak',
    pool: 'nonpaged',
    tag,
    bytes: 1,
    outstanding: 1,
    status,
    candidates: [
      { kind: 'module', name: 'leaky.sys', base: '0xf50b3000', pid: null, confidence: 0.95, for: [], against: [] },
    ],
    summary: '',
    nextStep: 'Remove it.',
  })
  const first = snapshot(0, [tagRow('None', 100_000, 20_000_000), ...steady])
  const later = [tagRow('None', 200_000, 40_000_000), ...steady]

  test('its culprit', () => {
    const { findings, headline } = compared(first, snapshot(10, later, { findings: [leak('culprit')] }))
    expect(findings).toMatchObject([{ status: 'culprit', candidates: [{ name: 'leaky.sys' }], nextStep: 'Remove it.' }])
    expect(headline).toContain('leaky.sys is the culprit')
  })

  test('not of another tag, and not of an older dump', () => {
    for (const [one, other] of [
      [first, snapshot(10, later, { findings: [leak('culprit', 'MmCm')] })],
      [{ ...first, findings: [leak('culprit')] }, snapshot(10, later)],
    ])
      expect(compared(one, other).findings[0]).toMatchObject({ tag: 'None', status: 'inconclusive', candidates: [] })
  })

  test('a tag it calls a leak that did not grow is a load rather', () => {
    const { findings, headline } = compared(snapshot(0, later), snapshot(10, later, { findings: [leak('culprit')] }))
    expect(findings).toMatchObject([{ status: 'information', candidates: [] }])
    expect(headline).toBe('No pool tag grew by the rules of a leak in 10 hours.')
  })
})

describe('what is growth', () => {
  const series = (figures: readonly number[], hours = 24) =>
    compared(...figures.map((bytes, index) => snapshot(index * hours, [tagRow('LeaK', bytes / 100, bytes), ...steady])))

  test.each([
    ['a fifth a day, day after day', [10_000_000, 12_000_000, 14_000_000], true],
    ['up and down', [10_000_000, 15_000_000, 14_000_000], false],
    ['a few per cent of the tag', [100_000_000, 103_900_000], false],
    ['a trifle of the pool', [100_000, 400_000], false],
    ['less', [14_000_000, 10_000_000], false],
    ['from nothing', [0, 9_000_000], true],
  ])('%s: %j', (_, figures, grows) => {
    expect(rowOf(series(figures), 'LeaK')?.grows).toBe(grows)
  })

  test('not what changes within minutes, nor what takes years', () => {
    const minutes = series([10_000_000, 20_000_000], 0.1)
    expect(rowOf(minutes, 'LeaK')?.grows).toBe(false)
    expect(minutes.headline).toBe('6 minutes between the dumps are too few to call anything growth.')
    expect(rowOf(series([40_000_000, 50_000_000], 24 * 40), 'LeaK')?.grows).toBe(false)
  })

  test('counters of 32 bits that went round count on', () => {
    const at = (hours: number, allocations: number, frees: number, outstanding: number, build: number) =>
      snapshot(
        hours,
        [{ ...tagRow('LeaK', 0, 0), nonPaged: { allocations, frees, outstanding, bytes: outstanding * 100 } }],
        { dump: { build } },
      )
    const row = (build: number) =>
      rowOf(
        compared(at(0, 2 ** 32 - 100, 2 ** 32 - 1100, 1000, build), at(24, 900, 2 ** 32 - 700, 1600, build)),
        'LeaK',
      )
    expect(row(3790)).toMatchObject({ allocated: 1000, freed: 400 })
    expect(row(19041)).toMatchObject({ allocated: null, freed: 400 })
  })

  test('not what Windows keeps for files, until the pool is short of room', () => {
    const of = (bytes: number) => [tagRow('CcSc', bytes / 400, bytes), ...steady]
    expect(rowOf(compared(snapshot(0, of(40_000_000)), snapshot(24, of(60_000_000))), 'CcSc')?.grows).toBe(false)
    const short = { memory: memory({ nonPagedPool: { usedPages: 60_000, maximumPages: 65_536, excessive: true } }) }
    const pressed = compared(snapshot(0, of(40_000_000), short), snapshot(24, of(60_000_000), short))
    expect(rowOf(pressed, 'CcSc')?.grows).toBe(true)
  })

  test('growth right after the start is said to be that, perhaps', () => {
    const early = snapshot(0, [tagRow('LeaK', 1000, 1_000_000)], { dump: { uptimeSeconds: 600 } })
    const later = snapshot(24, [tagRow('LeaK', 9000, 9_000_000)], { dump: { uptimeSeconds: 600 + 24 * 3600 } })
    expect(compared(early, later).findings[0].summary).toContain('10 minutes after the start')
  })
})

describe('tags in step', () => {
  const dumps = (...rows: [number, Record<string, number>][]) =>
    compared(
      ...rows.map(([hours, blocks]) =>
        snapshot(
          hours,
          Object.entries(blocks).map(([tag, count]) => tagRow(tag, count, count * (tag === 'Thre' ? 640 : 32))),
        ),
      ),
    )

  test('over several intervals by how their gains are split', () => {
    const comparison = dumps(
      [0, { Thre: 60_000, Even: 4000, Toke: 500, Irp: 200 }],
      [10, { Thre: 62_000, Even: 8000, Toke: 1500, Irp: 300 }],
      [20, { Thre: 80_000, Even: 44_000, Toke: 2500, Irp: 250 }],
    )
    expect(rowOf(comparison, 'Thre')?.lockstepWith).toEqual(['Even'])
    expect(comparison.findings[0].summary).toContain('Even grows in step with it over 2 intervals')
  })

  test('over one only by equal numbers of new blocks, which is said to be weak', () => {
    const comparison = dumps(
      [0, { Thre: 60_000, Even: 4000, Toke: 500, Few: 10 }],
      [10, { Thre: 80_000, Even: 24_050, Toke: 10_500, Few: 60 }],
    )
    expect(rowOf(comparison, 'Thre')?.lockstepWith).toEqual(['Even'])
    expect(comparison.findings[0].summary).toContain('weak')
  })
})

describe('what cannot be compared is not', () => {
  const leak = (factor: number) => [tagRow('LeaK', 1000 * factor, 10_000_000 * factor), ...steady]

  test('a restart between the dumps, by uptime', () => {
    const comparison = compared(snapshot(0, leak(1)), snapshot(72, leak(3), { dump: { uptimeSeconds: 20 * 3600 } }))
    expect(comparison).toMatchObject({
      sameServer: true,
      intervals: [{ rebooted: true }],
      findings: [{ status: 'not-determinable' }],
      headline: expect.stringContaining('restarted'),
    })
    expect(rowOf(comparison, 'LeaK')).toMatchObject({ bytesPerHour: null, grows: false })
  })

  test('a restart between the dumps, by where the modules stand', () => {
    const moved = snapshot(72, leak(3), { dump: { uptimeSeconds: null } })
    const modules = moved.modules.map((module) => ({ ...module, base: module.base.replace('0x8', '0x9') }))
    const comparison = compared(snapshot(0, leak(1)), { ...moved, modules })
    expect(comparison.intervals).toMatchObject([{ rebooted: true }])
    expect(rowOf(comparison, 'LeaK')).toMatchObject({ bytesPerHour: null, grows: false })
  })

  test('what is said of more than two dumps names those it is about, unless it is about all', () => {
    const dumps = [0, 24, 72, 144].map((hours) => snapshot(hours, [tagRow('Thre', 100, 6000)]))
    expect(compared(...dumps).notes).toContain(
      'The dumps are of one boot of one server: started at one time, with one set of drivers.',
    )
    const other = snapshot(144, [tagRow('Thre', 100, 6000)], { dump: { processors: 8 } })
    const { sameServer, notes } = compared(...dumps.slice(0, 3), other)
    expect(sameServer).toBe(false)
    expect(notes).toContain('Dumps 3 and 4: The processors differ: 4 and 8.')
    for (const note of notes) expect(note).not.toMatch(/[Bb]oth dumps/)
  })

  test('of three dumps the two of one boot are compared', () => {
    const comparison = compared(
      snapshot(0, leak(9)),
      snapshot(72, leak(1), { dump: { uptimeSeconds: 20 * 3600 } }),
      snapshot(82, leak(2), { dump: { uptimeSeconds: 30 * 3600 } }),
    )
    expect(comparison.span).toEqual([1, 2])
    expect(rowOf(comparison, 'LeaK')).toMatchObject({ bytesPerHour: 1_000_000, grows: true })
    expect(comparison.notes.join(' ')).toContain('restarted between dumps 1 and 2')
  })

  test('unknown times and uptimes', () => {
    const undated = { dump: { crashedAt: null } }
    const comparison = compared(snapshot(0, leak(1), undated), snapshot(10, leak(3), undated))
    expect(comparison.intervals).toMatchObject([{ hours: null, rebooted: null }])
    expect(rowOf(comparison, 'LeaK')).toMatchObject({
      bytesPerHour: null,
      grows: false,
      bytes: [10_000_000, 30_000_000],
    })
  })

  test('partial accounting is said and no growth is made of it', () => {
    const partial = { pool: { lowerBound: true } }
    for (const dumps of [
      [snapshot(0, leak(1), partial), snapshot(10, leak(3))],
      [snapshot(0, leak(1)), snapshot(10, leak(3), partial)],
    ]) {
      const comparison = compared(...dumps)
      expect(rowOf(comparison, 'LeaK')).toMatchObject({ bytesPerHour: null, grows: false })
      expect(comparison.headline).toContain('only part of the accounting')
    }
    const between = compared(snapshot(0, leak(1)), snapshot(5, leak(9), partial), snapshot(10, leak(3)))
    expect(between.span).toEqual([0, 2])
    expect(rowOf(between, 'LeaK')).toMatchObject({ bytesPerHour: 2_000_000, grows: true })
  })

  test.each([null, snapshot(5, []).pool])('a dump without accounting is left out', (pool) => {
    const comparison = compared(snapshot(0, leak(1)), { ...snapshot(5, []), pool }, snapshot(10, leak(3)))
    expect(comparison.dumps).toHaveLength(2)
    expect(comparison.notes.join(' ')).toContain('Dump 2 (2008-12-12T13:00:00.000Z) holds no pool accounting')
    expect(rowOf(comparison, 'LeaK')?.grows).toBe(true)
  })

  test('different servers', () => {
    const first = snapshot(0, leak(1))
    const other = snapshot(10, leak(3))
    const rebuilt = other.modules.map((module) => ({ ...module, timestamp: '0x5' }))
    for (const stranger of [
      snapshot(10, leak(3), { dump: { architecture: 'x64' } }),
      snapshot(10, leak(3), { dump: { processors: 8 } }),
      { ...other, memory: other.memory && { ...other.memory, physicalPages: 524_288 } },
      { ...other, modules: rebuilt },
    ]) {
      const comparison = compared(first, stranger)
      expect(comparison).toMatchObject({ sameServer: false, findings: [{ kind: 'dump-quality' }] })
      expect(comparison.tags.some(({ grows, bytesPerHour }) => grows || bytesPerHour !== null)).toBe(false)
      expect(comparison.headline).toContain('different servers')
    }
  })

  test('one server or not is left open when the clocks contradict each other or too little is known', () => {
    const first = snapshot(0, leak(1))
    const longer = snapshot(10, leak(3), { dump: { uptimeSeconds: 900 * 3600 } })
    expect(compared(first, longer)).toMatchObject({ sameServer: null, intervals: [{ rebooted: null }] })
    const bare = { modules: [], memory: null, dump: { processors: null, uptimeSeconds: null } }
    expect(compared(snapshot(0, leak(1), bare), snapshot(10, leak(3), bare)).sameServer).toBeNull()
  })
})

test('a span is told in the unit that people count it in', () => {
  expect([0.5, 1, 1.54, 72, 144, 500].map(hoursText)).toEqual([
    '30 minutes',
    '1 hour',
    '1.5 hours',
    '72 hours',
    '6 days',
    '20.8 days',
  ])
})
