import { describe, expect, test } from 'vitest'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import type { StageOptions } from '../../shared/stages/options.ts'
import { build, scenarioNamed } from '../forge/forge.ts'
import type { AddedDriver, Scenario } from '../forge/scenario.ts'
import { analyzeBytes } from './analyze-source.ts'

/** Small machines with a leak and somebody else who could be blamed for it. */
const bases = ['tiny-x86', 'tiny-x64'].map(scenarioNamed)

const withDriver = (scenario: Scenario, changes: Partial<AddedDriver>): Scenario => ({
  ...scenario,
  added: [...scenario.added, { ...scenario.added[0], name: 'decoy.sys', pdb: 'decoy.pdb', base: null, ...changes }],
})

const analyzed = (scenario: Scenario, options: StageOptions = {}): Promise<Analysis> =>
  analyzeBytes(Buffer.concat(build(scenario).pieces), options)

/** No scan of the pages, so that nothing is known of what the leaked blocks contain. */
const blind: StageOptions = { scanLimitBytes: 0, sampleBytes: 0 }

const candidates = (analysis: Analysis) => analysis.findings[0].candidates.map(({ name }) => name)

const withoutAllocator = (driver: AddedDriver): AddedDriver['imports'] =>
  driver.imports.map(({ image, functions }) => ({
    image,
    functions: functions.filter((name) => name !== 'ExAllocatePool'),
  }))

describe.each(bases)('$name', (scenario) => {
  const culprit = scenario.culprit!.module

  test('the only importer is the culprit once the blocks were looked into, before that a suspect', async () => {
    const unseen = await analyzed(scenario, blind)
    expect(unseen.verdict).toBe('suspects')
    expect(candidates(unseen)).toEqual([culprit])
    expect(unseen.findings[0].candidates[0].confidence).toBeLessThanOrEqual(0.5)
    expect(unseen.findings[0].nextStep).toContain('--full-scan')
    expect((await analyzed(scenario)).verdict).toBe('culprit')
  })

  test('with a second importer both are suspects, until the blocks tell them apart', async () => {
    const both = withDriver(scenario, {})
    const unseen = await analyzed(both, blind)
    expect(unseen.verdict).toBe('suspects')
    expect(candidates(unseen).sort()).toEqual([culprit, 'decoy.sys'].sort())
    const seen = await analyzed(both)
    expect(seen.verdict).toBe('culprit')
    expect(candidates(seen)[0]).toBe(culprit)
  })

  test('a driver that merely stored the pointer is named beside the importer, and outweighed by contents', async () => {
    const both = withDriver(scenario, {
      imports: withoutAllocator(scenario.added[0]),
      callSites: {},
      storesPointer: true,
    })
    const unseen = await analyzed(both, blind)
    expect(unseen.verdict).toBe('suspects')
    expect(candidates(unseen)).toEqual([culprit, 'decoy.sys'])
    const seen = await analyzed(both)
    expect(seen.verdict).toBe('culprit')
    expect(candidates(seen)[0]).toBe(culprit)
  })

  test('with its pool calm nobody is blamed', async () => {
    const calm = await analyzed({ ...scenario, pools: { ...scenario.pools, nonPagedMaximum: 4000 } })
    expect(calm.verdict).toBe('healthy')
    expect(calm.findings).toEqual([])
  })
})
