import { afterAll, describe, expect, test } from 'vitest'
import type { StageOptions } from '../../shared/stages/options.ts'
import { scenarioNamed } from '../forge/forge.ts'
import type { Scenario } from '../forge/scenario.ts'
import {
  handleTablePages,
  headerPage,
  imagePages,
  type Judged,
  judgeVariant,
  slotPage,
  trackerPages,
  type Variant,
} from './verdict-matrix-dump.ts'
import {
  calm,
  culprit,
  decoy,
  driver,
  importing,
  type Leak,
  leaking,
  leakingObjects,
  leakingPaged,
  leakTag,
  type ObjectsLeak,
  quiet,
  taggedRoutines,
  tagging,
  untagged,
  withProcessors,
} from './verdict-matrix-machines.ts'

/**
 * Who is named, over kinds of leak, eras and containers. What the forge cannot make, and is not here: segment heap pages,
 * blocks that a real framework allocates on behalf of its client.
 */

/** Neither a scan of the pages nor a sample, so that nothing is known of what the leaked blocks contain. */
const blind: StageOptions = { scanLimitBytes: 0, sampleBytes: 0 }

type Expected =
  /** Named, as the culprit. */
  | 'culprit'
  /** The first of several suspects, or the only one. */
  | 'first'
  /** One of the suspects. */
  | 'among'
  /** Suspects are named, and the guilty one, of whom nothing is left, is not among them. */
  | 'others'
  | 'inconclusive'
  | 'not-determinable'
  | 'healthy'

type Case = Omit<Variant, 'scenario' | 'guilty'> & {
  readonly kind: string
  readonly on: readonly string[]
  readonly make: (base: Scenario) => Scenario
  readonly guilty?: Variant['guilty']
  readonly expected: Expected
}

const none: Leak = { tag: untagged, owner: culprit }
const named: Leak = { tag: leakTag, owner: culprit }
const byNone = { [untagged]: culprit }
const byName = { [leakTag]: culprit }
const threads = (holders: readonly (readonly [pid: number, handles: number])[]): ObjectsLeak => ({
  tag: 'Thre',
  objects: 360,
  holders: holders.map(([pid, handles]) => ({ pid, handles })),
})
const printing = (base: Scenario) =>
  driver(base, 'printer.sys', taggedRoutines, { tags: ['Prnt'], texts: [leakTag, `Pool tag is ${leakTag}.`] })

const cases: readonly Case[] = [
  {
    kind: 'single importer',
    on: ['x86-2600', 'x86-3790', 'x86-pae-6002', 'x86-pae-17763', 'x64-3790', 'x64-7601', 'x64-15063', 'x64-26100'],
    make: (base) => leaking(base, [importing(base, culprit)], [none]),
    guilty: byNone,
    expected: 'culprit',
  },
  {
    kind: 'single importer',
    on: ['x64-la57-26100', 'arm64-22000', 'arm64-26100'],
    make: (base) => leaking(base, [importing(base, culprit)], [none]),
    guilty: byNone,
    expected: 'culprit',
  },
  {
    kind: 'single importer, not scanned',
    on: ['x86-3790', 'x64-22621'],
    make: (base) => leaking(base, [importing(base, culprit)], [none]),
    guilty: byNone,
    options: blind,
    expected: 'first',
  },
  {
    kind: 'two importers, one leaks',
    on: ['x86-3790', 'x86-pae-7601', 'x64-6002', 'x64-19041'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    expected: 'culprit',
  },
  {
    kind: 'two importers, not scanned',
    on: ['x86-3790', 'x64-26100'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    options: blind,
    expected: 'among',
  },
  {
    kind: 'five importers, blocks of buffers',
    on: ['x86-3790', 'x64-9600'],
    make: (base) =>
      leaking(
        base,
        [...['a.sys', 'b.sys', 'c.sys', 'd.sys'].map((name) => importing(base, name)), importing(base, culprit)],
        [{ ...none, owner: 'nt' }],
      ),
    guilty: byNone,
    expected: 'inconclusive',
  },
  {
    kind: 'single importer, blocks of buffers',
    on: ['x86-3790', 'x64-17763'],
    make: (base) => leaking(base, [importing(base, culprit)], [{ ...none, owner: 'nt' }]),
    guilty: byNone,
    expected: 'culprit',
  },
  {
    kind: 'pointer fetched and kept, a decoy imports',
    on: ['x86-3790', 'x64-7601', 'arm64-26100'],
    make: (base) => leaking(base, [importing(base, decoy), quiet(base, culprit, { storesPointer: true })], [none]),
    guilty: byNone,
    expected: 'first',
  },
  {
    kind: 'pointer nowhere, a decoy imports',
    on: ['x86-pae-6002', 'x64-26100'],
    make: (base) => leaking(base, [importing(base, decoy), quiet(base, culprit)], [none]),
    guilty: byNone,
    expected: 'first',
  },
  {
    kind: 'no importer, blocks of buffers',
    on: ['x86-3790', 'x64-22621'],
    make: (base) => leaking(base, [quiet(base, culprit)], [{ ...none, owner: 'nt' }]),
    guilty: byNone,
    expected: 'inconclusive',
  },
  {
    kind: 'import table absent, a decoy imports',
    on: ['x86-3790', 'x64-19041'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    lost: slotPage(culprit, 'ExAllocatePool'),
    expected: 'first',
  },
  {
    kind: 'import table absent, not scanned',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    lost: slotPage(culprit, 'ExAllocatePool'),
    options: blind,
    expected: 'others',
  },
  {
    kind: 'INIT and headers gone',
    on: ['x86-3790', 'x64-26100'],
    make: (base) => leaking(base, [importing(base, culprit)], [none]),
    guilty: byNone,
    lost: headerPage(culprit),
    expected: 'first',
  },
  {
    kind: 'imports described in .rdata',
    on: ['x64-6002', 'arm64-22000'],
    make: (base) => leaking(base, [importing(base, culprit, { importsIn: '.rdata' })], [none]),
    guilty: byNone,
    expected: 'culprit',
  },
  {
    kind: 'whole image absent, a decoy imports',
    on: ['x86-3790', 'x64-22621'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    lost: imagePages(culprit),
    expected: 'first',
  },
  {
    kind: 'hidden driver',
    on: ['x86-3790', 'x86-pae-7601', 'x64-7601', 'x64-26100'],
    make: (base) => leaking(base, [importing(base, culprit)], [none]),
    guilty: byNone,
    hidden: culprit,
    expected: 'culprit',
  },
  {
    kind: 'hidden driver, a decoy imports',
    on: ['x86-3790', 'x64-19041'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    hidden: culprit,
    expected: 'culprit',
  },
  {
    kind: 'unloaded culprit, a decoy imports',
    on: ['x86-3790', 'x64-7601', 'x64-17763'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    unloaded: culprit,
    expected: 'first',
  },
  {
    kind: 'big blocks only',
    on: ['x86-3790', 'x64-7601', 'x64-26100'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [{ ...none, bigOnly: true }]),
    guilty: byNone,
    expected: 'culprit',
  },
  {
    kind: 'big blocks only, and they point nowhere',
    on: ['x86-3790', 'x64-7601', 'x64-26100'],
    make: (base) =>
      leaking(base, [importing(base, decoy), importing(base, culprit)], [{ ...none, owner: 'nt', bigOnly: true }]),
    guilty: byNone,
    expected: 'among',
  },
  {
    kind: 'tag at a call, a decoy prints it',
    on: ['x86-3790', 'x86-pae-7601', 'x64-7601', 'x64-26100', 'arm64-26100'],
    make: (base) => leaking(base, [printing(base), tagging(base, culprit)], [named]),
    guilty: byName,
    expected: 'culprit',
  },
  {
    kind: 'tag computed, a decoy holds its text, not scanned',
    on: ['x86-3790', 'x64-26100'],
    make: (base) => leaking(base, [printing(base), driver(base, culprit, taggedRoutines)], [named]),
    guilty: byName,
    options: blind,
    expected: 'inconclusive',
  },
  {
    kind: 'tag at calls of two drivers',
    on: ['x86-pae-6002', 'x64-22621'],
    make: (base) => leaking(base, [tagging(base, decoy), tagging(base, culprit)], [named]),
    guilty: byName,
    expected: 'culprit',
  },
  {
    kind: 'tag at calls of two drivers, not scanned',
    on: ['x86-3790', 'arm64-22000'],
    make: (base) => leaking(base, [tagging(base, decoy), tagging(base, culprit)], [named]),
    guilty: byName,
    options: blind,
    expected: 'among',
  },
  {
    kind: 'paged pool, tag at a call',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => leakingPaged(base, [printing(base), tagging(base, culprit)], named),
    guilty: byName,
    expected: 'culprit',
  },
  {
    kind: 'paged pool, two importers',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => leakingPaged(base, [importing(base, decoy), importing(base, culprit)], none),
    guilty: byNone,
    expected: 'culprit',
  },
  {
    kind: 'two leaks at once',
    on: ['x86-3790', 'x64-7601'],
    make: (base) =>
      leaking(
        base,
        [tagging(base, 'second.sys', 'ScLk'), importing(base, culprit)],
        [none, { tag: 'ScLk', owner: 'second.sys' }],
      ),
    guilty: { ...byNone, ScLk: 'second.sys' },
    expected: 'culprit',
  },
  {
    kind: '16 processors',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => withProcessors(leaking(base, [importing(base, decoy), importing(base, culprit)], [none]), 16),
    guilty: byNone,
    expected: 'culprit',
  },
  {
    kind: '64 processors',
    on: ['x64-7601'],
    make: (base) => withProcessors(leaking(base, [importing(base, culprit)], [none]), 64),
    guilty: byNone,
    expected: 'culprit',
  },
  {
    kind: 'threads, one process holds the handles',
    on: ['x86-3790', 'x86-pae-7601', 'x64-7601', 'x64-19041', 'x64-26100', 'arm64-26100'],
    make: (base) => leakingObjects(base, threads([[1840, 420]])),
    holders: [1840],
    expected: 'culprit',
  },
  {
    kind: 'threads, two processes of one name hold the handles',
    on: ['x86-3790', 'x64-22621'],
    make: (base) =>
      leakingObjects(
        base,
        threads([
          [664, 300],
          [2096, 300],
        ]),
      ),
    holders: [664, 2096],
    expected: 'first',
  },
  {
    kind: 'threads, the holder has lost its handle table',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => leakingObjects(base, threads([[1840, 1200]])),
    holders: [1840],
    lost: handleTablePages(1840),
    expected: 'culprit',
  },
  {
    kind: 'threads, kept by references alone',
    on: ['x86-3790', 'x64-7601', 'x64-26100'],
    make: (base) => leakingObjects(base, threads([])),
    expected: 'inconclusive',
  },
  {
    kind: 'tokens in paged pool, one process holds the handles',
    on: ['x64-7601'],
    make: (base) => leakingObjects(base, { tag: 'Toke', objects: 300, holders: [{ pid: 1840, handles: 3200 }] }),
    holders: [1840],
    expected: 'culprit',
  },
  {
    kind: 'tracker unreachable',
    on: ['x86-3790', 'x64-7601', 'x64-15063'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    lost: trackerPages,
    expected: 'culprit',
  },
  {
    kind: 'tracker unreachable, nor counters',
    on: ['x64-22621', 'x64-26100'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    lost: trackerPages,
    expected: 'inconclusive',
  },
  {
    kind: 'tracker unreachable, not yet scanned',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    lost: trackerPages,
    options: { ...blind, scanAtOnceBytes: 0 },
    expected: 'inconclusive',
  },
  {
    kind: 'tracker unreachable, over the limit',
    on: ['x64-7601'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    lost: trackerPages,
    options: { scanLimitBytes: 0 },
    expected: 'culprit',
  },
  {
    kind: 'healthy under load',
    on: ['x86-3790', 'x86-pae-7601', 'x64-7601'],
    make: (base) => calm(leaking(base, [importing(base, decoy), importing(base, culprit)], [none])),
    expected: 'healthy',
  },
  {
    kind: 'summary dump',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    container: 'summary',
    expected: 'culprit',
  },
  ...(['kernel', 'bitmap-full', 'active', 'live-kernel'] as const).map(
    (container): Case => ({
      kind: `${container} dump`,
      on: ['x64-9600'],
      make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
      guilty: byNone,
      container,
      expected: 'culprit',
    }),
  ),
  {
    kind: 'truncated',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [none]),
    guilty: byNone,
    cut: 0.5,
    expected: 'inconclusive',
  },
  ...(['triage', 'header-only'] as const).map(
    (container): Case => ({
      kind: `${container} dump`,
      on: ['x86-3790', 'x64-26100'],
      make: (base) => leaking(base, [importing(base, culprit)], [none]),
      guilty: byNone,
      container,
      expected: 'not-determinable',
    }),
  ),
]

const rows = cases.flatMap((one) => one.on.map((base) => ({ ...one, base, title: `${one.kind}, ${base}` })))

type Row = (typeof rows)[number]

const judge = (row: Row): Promise<Judged> =>
  judgeVariant({ ...row, guilty: row.guilty ?? {}, scenario: scenarioOf(row) })

const scenarioOf = ({ base, kind, make }: Row): Scenario => ({ ...make(scenarioNamed(base)), name: `${kind}, ${base}` })

/** What the analysis said, in the words of what is expected of it; `wrong` when it blamed an innocent one. */
const said = ({ verdict, candidates }: Judged): Expected | 'wrong' => {
  if (candidates.some(({ right, confidence, culprit: accused }) => !right && (accused || confidence > 0.5)))
    return 'wrong'
  if (verdict === 'culprit') return 'culprit'
  if (verdict !== 'suspects') return verdict
  if (candidates[0]?.right) return 'first'
  return candidates.some(({ right }) => right) ? 'among' : 'others'
}

const table = new Map<string, Map<string, number>>()
const lines: string[] = []

const note = ({ title, expected }: Row, judged: Judged): void => {
  const got = said(judged)
  const counts = table.get(expected) ?? new Map<string, number>()
  table.set(expected, counts.set(got, (counts.get(got) ?? 0) + 1))
  const who = judged.candidates.map(({ name, confidence, right }) => `${right ? '+' : '-'}${name} ${confidence}`)
  lines.push(`${title.padEnd(62)} ${got.padEnd(17)} ${who.join(', ')}`)
}

const outcomes = ['culprit', 'first', 'among', 'others', 'inconclusive', 'not-determinable', 'healthy', 'wrong']

/** Rows: what should be said; columns: what was. */
const confusion = (): string =>
  [
    `${'expected'.padEnd(17)}${outcomes.map((name) => name.padStart(17)).join('')}`,
    ...outcomes
      .filter((name) => table.has(name))
      .map(
        (name) =>
          `${name.padEnd(17)}${outcomes.map((got) => String(table.get(name)?.get(got) ?? '.').padStart(17)).join('')}`,
      ),
  ].join('\n')

afterAll(() => console.log(`${lines.join('\n')}\n\n${confusion()}`))

test('has cases enough', () => expect(rows.length).toBeGreaterThanOrEqual(40))

describe('no innocent driver is blamed, and the guilty one is named as far as the dump tells', () => {
  test.each(rows)('$title: $expected', async (row) => {
    const judged = await judge(row)
    note(row, judged)
    for (const { name, right, confidence } of judged.candidates)
      if (!right) expect(confidence, name).toBeLessThanOrEqual(0.5)
    const [first] = judged.candidates
    if (row.expected === 'among') expect(judged.candidates.map(({ right }) => right)).toContain(true)
    else expect(said(judged)).toBe(row.expected)
    if (row.expected === 'culprit') expect(first.right).toBe(true)
  })
})
