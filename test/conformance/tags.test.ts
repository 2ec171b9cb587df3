import { afterAll, describe, expect, test } from 'vitest'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import type { StageOptions } from '../../shared/stages/options.ts'
import { build, scenarioNamed } from '../forge/forge.ts'
import type { AddedDriver, Scenario } from '../forge/scenario.ts'
import { analyzeBytes } from './analyze-source.ts'

/** Small machines that leak under a tag, and others who could be blamed for it. */
const bases = ['tiny-x86', 'tiny-x64'].map(scenarioNamed)
const leakTag = 'TqLk'
const culprit = 'leaky.sys'

/** No scan of the pages, so that nothing is known of what the leaked blocks contain. */
const blind: StageOptions = { scanLimitBytes: 0, sampleBytes: 0 }

/** A driver that imports these routines of the kernel beside what every driver does. */
const driver = (
  base: Scenario,
  name: string,
  routines: readonly string[],
  more: Partial<AddedDriver> = {},
): AddedDriver => ({
  ...base.added[0],
  name,
  pdb: `${name}.pdb`,
  base: null,
  imports: [
    {
      image: 'nt',
      functions: ['IofCompleteRequest', 'IoCreateDevice', 'KeSetEvent', 'ZwClose', 'memcpy', ...routines],
    },
  ],
  callSites: {},
  tags: [],
  ...more,
})

const allocating = ['ExAllocatePoolWithTag', 'ExFreePoolWithTag']

/** The base machine with other drivers, its leak made under a tag by one of them. */
const leaking = (
  base: Scenario,
  drivers: readonly AddedDriver[],
  tag: string = leakTag,
  owner: string = culprit,
): Scenario => ({
  ...base,
  added: drivers,
  pools: { ...base.pools, quotas: [{ ...base.pools.quotas[0], tag, owner }, ...base.pools.quotas.slice(1)] },
  culprit: null,
})

const table: string[] = []

const analyzed = async (
  scenario: Scenario,
  truth: string | null,
  label: string,
  options: StageOptions = {},
): Promise<Analysis> => {
  const analysis = await analyzeBytes(Buffer.concat(build(scenario).pieces), options)
  const { candidates } = analysis.findings[0]
  const best = candidates[0]
  table.push(
    [
      `${scenario.name}, ${options === blind ? 'not scanned' : 'scanned'}`.padEnd(24),
      label.padEnd(52),
      `is ${truth ?? 'not told'}`.padEnd(13),
      analysis.verdict.padEnd(12),
      best === undefined ? '-' : `${best.name} ${best.confidence}`,
    ].join(' | '),
  )
  // The rule that holds for every case: nobody who did not do it gets more than an even chance.
  for (const { name, confidence } of candidates) if (name !== truth) expect(confidence).toBeLessThanOrEqual(0.5)
  return analysis
}

afterAll(() => console.log(table.join('\n')))

const names = (analysis: Analysis): string[] => analysis.findings[0].candidates.map(({ name }) => name)

describe.each(bases)('$name', (base) => {
  const leaky = driver(base, culprit, allocating, { tags: [leakTag] })
  const printing = driver(base, 'printer.sys', allocating, {
    tags: ['Prnt'],
    texts: [leakTag, `Pool tag is ${leakTag}.`],
  })
  const freeing = driver(base, 'freeing.sys', ['ExFreePoolWithTag'], { tags: [leakTag] })

  test.each([
    ['scanned', {}, 'culprit'],
    ['not scanned', blind, 'suspects'],
  ])(
    'whose code passes the tag to an allocator is named (%s), and whoever only prints it is not',
    async (_, options, verdict) => {
      const analysis = await analyzed(
        leaking(base, [printing, leaky]),
        culprit,
        'one carrier, a decoy with the text in data',
        options,
      )
      expect(analysis.verdict).toBe(verdict)
      expect(names(analysis)).toEqual([culprit])
      expect(analysis.headline).toContain(`${culprit} is the only driver whose code uses it.`)
      const [{ candidates }] = analysis.findings
      expect(candidates[0].for.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['tag-at-call', 'sole-carrier']))
      const search = analysis.transcript.find(
        ({ command }) => command === `!for_each_module s -a @#Base @#End "${leakTag}"`,
      )
      expect(
        search?.output
          .split('\n')
          .some((line) => line.endsWith(`${leakTag}.Pool tag is`) || line.includes(`${leakTag}.Pool tag`)),
      ).toBe(true)
      expect(analysis.coverage.find(({ area }) => area === 'tag constants in code')?.note).toContain('Chance alone')
    },
  )

  test('a driver that frees by the tag is no rival', async () => {
    const analysis = await analyzed(leaking(base, [freeing, leaky]), culprit, 'one carrier, another frees by the tag')
    expect(analysis.verdict).toBe('culprit')
    expect(names(analysis)[0]).toBe(culprit)
  })

  test('a driver that frees by the tag is not blamed when the one that allocates computes it', async () => {
    const computing = driver(base, culprit, allocating)
    const analysis = await analyzed(
      leaking(base, [freeing, computing]),
      culprit,
      'tag computed, a decoy frees by it',
      blind,
    )
    expect(analysis.verdict).not.toBe('culprit')
  })

  test('of two that allocate with the tag neither is the culprit until the blocks tell them apart', async () => {
    const both = leaking(base, [driver(base, 'twin.sys', allocating, { tags: [leakTag] }), leaky])
    const unseen = await analyzed(both, culprit, 'two carriers', blind)
    expect(unseen.verdict).toBe('suspects')
    expect(names(unseen).sort()).toEqual([culprit, 'twin.sys'])
    const seen = await analyzed(both, culprit, 'two carriers')
    expect(seen.verdict).toBe('culprit')
    expect(names(seen)[0]).toBe(culprit)
  })

  test('a tag in data only names nobody, however it got into the blocks', async () => {
    const computing = driver(base, culprit, allocating)
    const analysis = await analyzed(
      leaking(base, [printing, computing]),
      culprit,
      'tag computed, a decoy with the text in data',
      blind,
    )
    expect(analysis.verdict).toBe('inconclusive')
    expect(names(analysis)).toEqual([])
    expect(analysis.findings[0].summary).toContain(
      'Its characters stand in printer.sys, where no instruction uses them.',
    )
  })

  test('contiguous memory is traced to whoever imports its routine, as a suspect', async () => {
    const importing = driver(base, culprit, ['MmAllocateContiguousMemory'])
    const quota = base.pools.quotas[0]
    const scenario = leaking(base, [printing, importing], 'MmCm')
    const analysis = await analyzed(
      { ...scenario, pools: { ...scenario.pools, quotas: [{ ...quota, tag: 'MmCm', owner: culprit }] } },
      culprit,
      'MmCm, one importer of the contiguous routine',
      blind,
    )
    expect(analysis.verdict).toBe('suspects')
    // The machine's other drivers import routines at random, this one among them.
    expect(names(analysis)).toContain(culprit)
  })
})

describe.each(bases)('untagged, $name', (base) => {
  const importing = (name: string): AddedDriver =>
    driver(base, name, ['ExAllocatePool', 'ExFreePoolWithTag'], { callSites: { ExAllocatePool: 3 } })

  test('the only importer is not blamed for blocks that point to a driver whose pointer was never found', async () => {
    const quiet = driver(base, culprit, ['MmGetSystemRoutineAddress'])
    const analysis = await analyzed(
      leaking(base, [importing('decoy.sys'), quiet], 'None'),
      culprit,
      'pointer nowhere, a decoy imports',
    )
    expect(analysis.verdict).toBe('suspects')
    expect(names(analysis)).toContain(culprit)
  })

  test('nor is it surely the one while another keeps the pointer in its data', async () => {
    const storing = driver(base, culprit, ['MmGetSystemRoutineAddress'], { storesPointer: true })
    const scenario = leaking(base, [importing('decoy.sys'), storing], 'None')
    const unseen = await analyzed(scenario, culprit, 'pointer fetched at run time, a decoy imports', blind)
    expect(unseen.verdict).toBe('suspects')
    const seen = await analyzed(scenario, culprit, 'pointer fetched at run time, a decoy imports')
    expect(names(seen)[0]).toBe(culprit)
  })

  test('a framework that alone imports it is never more than a suspect', async () => {
    const framework = { ...importing('netio.sys') }
    const client = driver(base, culprit, [])
    const analysis = await analyzed(
      leaking(base, [framework, client], 'None'),
      culprit,
      'a framework imports for its client',
    )
    expect(analysis.verdict).toBe('suspects')
  })
})
