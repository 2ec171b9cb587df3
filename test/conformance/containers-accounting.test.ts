import { beforeAll, describe, expect, test } from 'vitest'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import { type ContainerName, containersFor } from '../forge/container/container.ts'
import { build, type Forged } from '../forge/forge.ts'
import { matrixMachines } from '../forge/scenarios/matrix.ts'
import { analyzeBytes } from './analyze-source.ts'

/** The whole analysis on every build: its pool tables, whose layouts differ, add up to the truth. */
describe.each(matrixMachines)('$name', (scenario) => {
  // One container each, another one from build to build.
  const usable: readonly ContainerName[] = (['automatic', 'live-complete', 'summary', 'full'] as const).filter((name) =>
    containersFor(scenario.layout).includes(name),
  )
  const container = usable[scenario.layout.build % usable.length]
  let forged: Forged
  let bare: Analysis
  let symbolic: Analysis
  beforeAll(async () => {
    forged = build({ ...scenario, container })
    const bytes = Buffer.concat(forged.pieces)
    bare = await analyzeBytes(bytes)
    symbolic = await analyzeBytes(bytes, { symbols: forged.symbols })
  })

  test('counts every tag as the machine does, without symbols and with them', () => {
    const counted = ({ pool }: Analysis) =>
      new Map(pool?.tags.map(({ tag, nonPaged, paged }) => [tag, { nonPaged, paged }]) ?? [])
    for (const analysis of [bare, symbolic]) {
      expect(analysis.pool?.lowerBound).toBe(false)
      const tags = counted(analysis)
      for (const { tag, nonPaged, paged } of forged.truth.tags) {
        const none = { outstanding: 0, bytes: 0 }
        const { nonPaged: foundNonPaged, paged: foundPaged } = tags.get(tag) ?? { nonPaged: none, paged: none }
        expect(foundNonPaged, tag).toMatchObject({ outstanding: nonPaged.outstanding, bytes: nonPaged.bytes })
        expect(foundPaged, tag).toMatchObject({ outstanding: paged.outstanding, bytes: paged.bytes })
      }
    }
  })

  test('lists the big allocations with their tags and pools', () => {
    const byAddress = (a: { address: string }, b: { address: string }): number => (a.address < b.address ? -1 : 1)
    const found = [...(symbolic.pool?.bigAllocations ?? [])].sort(byAddress)
    const told = [...forged.truth.bigAllocations].sort(byAddress)
    // Server 2003's table does not say which pool.
    const pools = scenario.layout.bigPages.poolType !== null
    expect(found.map((one) => ({ ...one, paged: pools ? one.paged : null }))).toEqual(
      told.map((one) => ({ ...one, paged: pools ? one.paged : null })),
    )
  })

  test('blames the leaking driver or nobody', () => {
    const blamed = [bare, symbolic].flatMap(({ findings }) =>
      findings.flatMap(({ candidates }) => candidates.filter(({ confidence }) => confidence > 0.5)),
    )
    for (const { base } of blamed) expect(base).toBe(forged.truth.culprit?.base)
    expect(bare.verdict).toBe(forged.truth.verdict)
  })
})
