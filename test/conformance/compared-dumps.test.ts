import { describe, expect, test } from 'vitest'
import { compare } from '../../shared/growth/compare.ts'
import { build, scenarioNamed } from '../forge/forge.ts'
import { later, leakedBlockBytes } from '../forge/later.ts'
import type { Scenario } from '../forge/scenario.ts'
import { analyzeBytes } from './analyze-source.ts'

const analysed = (scenario: Scenario) => analyzeBytes(Buffer.concat(build(scenario).pieces))

describe.each(['tiny-x86', 'tiny-x64'])('dumps of one server at different times, %s', (name) => {
  const tiny = scenarioNamed(name)
  const first = later(tiny, 0, 611)

  test('its untagged blocks grow, and nothing else', async () => {
    const analyses = [first, later(tiny, 24, 900), later(tiny, 48, 1200)].map(analysed)
    const comparison = compare(await Promise.all(analyses))
    expect(comparison).toMatchObject({ sameServer: true, span: [0, 1, 2] })
    const growing = comparison.tags.filter(({ grows }) => grows)
    expect(growing).toMatchObject([{ tag: 'None', pool: 'nonpaged', outstanding: [611, 900, 1200] }])
    expect(growing[0].bytesPerHour).toBeCloseTo(((1200 - 611) * leakedBlockBytes) / 48)
    expect(comparison.findings[0]).toMatchObject({ kind: 'pool-leak', tag: 'None' })
  })

  test('restarted in between, nothing is growth', async () => {
    const restarted = later(tiny, 48, 1200, { uptimeSeconds: 9 * 3600 })
    const comparison = compare([await analysed(first), await analysed(restarted)])
    expect(comparison.intervals).toMatchObject([{ hours: 48, rebooted: true }])
    expect(comparison.tags.some(({ grows }) => grows)).toBe(false)
    expect(comparison.headline).toContain('restarted')
  })
})

test('different servers are told apart', async () => {
  const [x86, x64] = await Promise.all(['tiny-x86', 'tiny-x64'].map((name) => analysed(scenarioNamed(name))))
  expect(compare([x86, x64]).sameServer).toBe(false)
})
