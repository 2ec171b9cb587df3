import { describe, expect, test } from 'vitest'
import { scenarioNamed } from '../forge/forge.ts'
import { flags } from '../forge/image/sections.ts'
import type { AddedDriver, Scenario } from '../forge/scenario.ts'
import { hexVa } from '../forge/words.ts'
import { openDump } from '../forge-tests/reader.ts'
import { writePointer } from '../forge-tests/unlink.ts'
import { imagePages, judgeVariant, type Variant } from './verdict-matrix-dump.ts'
import {
  culprit,
  decoy,
  driver,
  encrypted,
  exporting,
  importing,
  type Leak,
  leaking,
  leakingObjects,
  leakTag,
  library,
  quiet,
  taggedRoutines,
  tagging,
  untagged,
  using,
} from './verdict-matrix-machines.ts'

/**
 * Machines made so that somebody innocent looks guilty, as real ones do: nobody innocent gets more than an even chance, and
 * the guilty one is still named where the dump tells who it is.
 */

const none: Leak = { tag: untagged, owner: culprit }
const named: Leak = { tag: leakTag, owner: culprit }
/** Blocks that hold no pointers: nothing in them says whose they are. */
const mute = (leak: Leak): Leak => ({ ...leak, owner: 'nt' })
const byNone = { [untagged]: culprit }
const byName = { [leakTag]: culprit }

const sized = (one: AddedDriver, text: number): AddedDriver => ({ ...one, shape: { ...one.shape, text } })

/** Drivers with so much code that one that is missing is a small share of it. */
const withMuchCode = (scenario: Scenario): Scenario => ({
  ...scenario,
  added: [
    ...Array.from({ length: 8 }, (_, index) => sized(quiet(scenario, `large${index}.sys`), 0x60000)),
    ...scenario.added,
  ],
  physical: {
    ...scenario.physical,
    lent: scenario.physical.lent.map((range, index, all) =>
      index === all.length - 1 ? { ...range, pages: range.pages + 1500 } : range,
    ),
  },
})

const verifierSection = 'PAGEVRFY'

/** A kernel with Driver Verifier's routines, resident. */
const withVerifier = (scenario: Scenario): Scenario => {
  const { nt } = scenario.images
  const sections = [
    ...nt.sections,
    { name: verifierSection, flags: flags.text, bytes: 0x1000, holds: ['code' as const] },
  ]
  return { ...scenario, images: { ...scenario.images, nt: { ...nt, sections } } }
}

/** Driver Verifier watches the culprit: its slot holds the Verifier's routine. */
const verified: Variant['patch'] = (file, { images, scenario }) => {
  const { spec, slots } = images.byName(culprit)!
  const section = images.nt.sections.find(({ name }) => name === verifierSection)!
  const exported = new Set(images.nt.exports.values())
  const routine = images.nt.functions.find((rva) => rva >= section.rva && !exported.has(rva))!
  const va = (address: number): bigint => BigInt(hexVa(address, scenario.layout.width))
  writePointer(
    openDump(file, scenario.paging.name),
    va(spec.base + slots.get('ntoskrnl.exe!ExAllocatePool')!),
    va(images.nt.spec.base + routine),
  )
}

type Case = Omit<Variant, 'scenario' | 'guilty'> & {
  readonly kind: string
  readonly on: readonly string[]
  readonly make: (base: Scenario) => Scenario
  readonly guilty?: Variant['guilty']
  readonly verdict: 'culprit' | 'suspects' | 'inconclusive'
}

const cases: readonly Case[] = [
  {
    kind: 'the only importer is a library that another driver allocates through',
    on: ['x86-3790', 'x64-19041'],
    make: (base) => leaking(base, [exporting(importing(base, library)), using(quiet(base, culprit))], [mute(none)]),
    guilty: byNone,
    verdict: 'suspects',
  },
  {
    kind: 'the same with a tag, and the blocks point into the library',
    on: ['x86-pae-7601', 'x64-26100'],
    make: (base) =>
      leaking(base, [exporting(tagging(base, library)), using(quiet(base, culprit))], [{ ...named, owner: library }]),
    guilty: byName,
    verdict: 'suspects',
  },
  {
    kind: 'blocks of random numbers, of which many lie in a large driver',
    on: ['x86-3790', 'x86-pae-7601'],
    make: (base) =>
      encrypted(
        leaking(
          base,
          [sized(importing(base, decoy), 0x180000), importing(base, culprit)],
          [{ ...mute(none), bigOnly: true }],
        ),
      ),
    guilty: byNone,
    verdict: 'suspects',
  },
  {
    kind: 'random numbers beside real pointers',
    on: ['x86-3790', 'x64-7601'],
    make: (base) =>
      encrypted(
        leaking(
          base,
          [sized(importing(base, decoy), 0x180000), importing(base, culprit)],
          [{ ...none, bigOnly: true }],
        ),
      ),
    guilty: byNone,
    verdict: 'culprit',
  },
  {
    kind: 'the guilty one was unloaded an hour ago, its blocks hold no pointers',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => leaking(base, [importing(base, decoy), importing(base, culprit)], [mute(none)]),
    guilty: byNone,
    unloaded: culprit,
    verdict: 'suspects',
  },
  {
    kind: 'the guilty one fetched the routine by its name and kept no pointer',
    on: ['x86-3790', 'x64-26100'],
    make: (base) =>
      leaking(
        base,
        [importing(base, decoy), quiet(base, culprit, { asksFor: ['ExAllocatePool', 'ExFreePoolWithTag'] })],
        [mute(none)],
      ),
    guilty: byNone,
    verdict: 'suspects',
  },
  {
    kind: 'another driver fetches a routine of a longer name',
    on: ['x64-7601'],
    make: (base) =>
      leaking(base, [importing(base, culprit), quiet(base, decoy, { asksFor: ['ExAllocatePool2'] })], [mute(none)]),
    guilty: byNone,
    verdict: 'culprit',
  },
  {
    kind: 'the guilty one is not in the dump, a small share of all code',
    on: ['x86-3790', 'x64-7601'],
    make: (base) => withMuchCode(leaking(base, [tagging(base, decoy), tagging(base, culprit)], [mute(named)])),
    guilty: byName,
    lost: imagePages(culprit),
    verdict: 'suspects',
  },
  {
    kind: 'Driver Verifier has replaced the routines that the guilty one imports',
    on: ['x86-3790', 'x64-7601', 'x64-19041'],
    make: (base) => withVerifier(leaking(base, [importing(base, decoy), importing(base, culprit)], [mute(none)])),
    guilty: byNone,
    patch: verified,
    verdict: 'suspects',
  },
  {
    kind: 'Driver Verifier, and the blocks point to the guilty one',
    on: ['x64-7601'],
    make: (base) => withVerifier(leaking(base, [importing(base, decoy), importing(base, culprit)], [none])),
    guilty: byNone,
    patch: verified,
    verdict: 'suspects',
  },
  {
    kind: 'a tag that is a small number',
    on: ['x86-3790', 'x64-7601'],
    make: (base) =>
      leaking(
        base,
        [tagging(base, decoy, '\x01\0\0\0'), driver(base, culprit, taggedRoutines)],
        [{ tag: '\x01\0\0\0', owner: 'nt' }],
      ),
    verdict: 'inconclusive',
  },
  {
    kind: 'a few large blocks that somebody reserved, beside the leak',
    on: ['x86-3790', 'x64-7601'],
    make: (base) =>
      leaking(
        base,
        [tagging(base, decoy, 'RsrV'), driver(base, culprit, taggedRoutines)],
        [
          { tag: 'RsrV', owner: decoy, bigOnly: true, scale: 0.9 },
          { tag: leakTag, owner: 'nt', scale: 2 },
        ],
      ),
    guilty: byName,
    verdict: 'suspects',
  },
  {
    kind: 'a load of many blocks, beside a bigger leak that nobody is found for',
    on: ['x86-3790', 'x64-7601'],
    make: (base) =>
      leaking(
        base,
        [tagging(base, decoy, 'LoaD'), driver(base, culprit, taggedRoutines)],
        [
          { tag: 'LoaD', owner: decoy, scale: 2 },
          { tag: leakTag, owner: 'nt', scale: 2.5 },
        ],
      ),
    guilty: byName,
    verdict: 'suspects',
  },
  {
    kind: 'threads that run, to each of which csrss.exe has a handle',
    on: ['x86-3790', 'x64-19041'],
    make: (base) =>
      leakingObjects(base, { tag: 'Thre', objects: 620, running: true, holders: [{ pid: 372, handles: 620 }] }),
    verdict: 'inconclusive',
  },
  {
    kind: 'processes, to each of which csrss.exe has a handle',
    on: ['x64-7601'],
    make: (base) => leakingObjects(base, { tag: 'Proc', objects: 240, holders: [{ pid: 372, handles: 240 }] }),
    verdict: 'suspects',
  },
]

const rows = cases.flatMap((one) => one.on.map((base) => ({ ...one, base })))

describe('nobody innocent gets more than an even chance', () => {
  test.each(rows)('$kind, $base: $verdict', async (row) => {
    const scenario = { ...row.make(scenarioNamed(row.base)), name: `${row.kind}, ${row.base}` }
    const { candidates, verdict } = await judgeVariant({ ...row, scenario, guilty: row.guilty ?? {} })
    for (const { name, right, confidence } of candidates) if (!right) expect(confidence, name).toBeLessThanOrEqual(0.5)
    expect(verdict).toBe(row.verdict)
    if (row.verdict === 'culprit') expect(candidates[0].right).toBe(true)
  })
})

test('a library is told as one, with its clients', async () => {
  const base = scenarioNamed('x64-19041')
  const drivers = [exporting(importing(base, library)), using(quiet(base, culprit))]
  const scenario = { ...leaking(base, drivers, [mute(none)]), name: 'library' }
  const { analysis } = await judgeVariant({ scenario, guilty: byNone })
  expect(analysis.findings[0].candidates[0].against).toContainEqual(
    expect.objectContaining({
      kind: 'serves-others',
      statement: `${culprit} imports routines of ${library}: what it allocates may be for that driver.`,
    }),
  )
})

test('who asks for the routine by its name is told beside the importer', async () => {
  const base = scenarioNamed('x64-26100')
  const drivers = [importing(base, decoy), quiet(base, culprit, { asksFor: ['ExAllocatePool'] })]
  const scenario = { ...leaking(base, drivers, [mute(none)]), name: 'asks by name' }
  const { analysis, candidates } = await judgeVariant({ scenario, guilty: byNone })
  expect(candidates.map(({ name }) => name)).toEqual([decoy, culprit])
  expect(analysis.findings[0].candidates[0].against.map(({ kind }) => kind)).toContain('others-ask')
  expect(analysis.findings[0].candidates[1].for.map(({ kind }) => kind)).toEqual(['asks-by-name'])
})

test('what Driver Verifier replaced is told, and not taken for read', async () => {
  const base = scenarioNamed('x64-7601')
  const scenario = {
    ...withVerifier(leaking(base, [importing(base, decoy), importing(base, culprit)], [mute(none)])),
    name: 'verifier',
  }
  const { analysis } = await judgeVariant({ scenario, guilty: byNone, patch: verified })
  const search = analysis.coverage.find(({ area }) => area === 'pointer search in modules')
  expect(search?.note).toContain(`Driver Verifier watches ${culprit}`)
  expect(search?.note).toContain('The import tables of 1 of')
})
