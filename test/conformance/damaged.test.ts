import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { build, scenarioNamed } from '../forge/forge.ts'
import { analyzeBytes } from './analyze-source.ts'

/** Dumps cut short and overwritten: an analysis comes out, it never blames the wrong driver, and absence is never health. */
describe.each(['tiny-x86', 'tiny-x64'])('%s, damaged', (name) => {
  const scenario = scenarioNamed(name)
  const { pieces, truth } = build(scenario)
  const whole = Buffer.concat(pieces)

  const judge = async (bytes: Uint8Array): Promise<void> => {
    const { verdict, findings, dump, coverage } = await analyzeBytes(bytes)
    const blamed = findings.flatMap((finding) => finding.candidates).filter(({ confidence }) => confidence > 0.5)
    // By its base: damage may hit the very letters of its name.
    for (const candidate of blamed) expect(candidate.base).toBe(truth.culprit!.base)
    expect(verdict).not.toBe('healthy')
    if (!dump.truncated || dump.refusal !== undefined) return
    expect(findings.some(({ kind, summary }) => kind === 'dump-quality' && summary.includes('truncated'))).toBe(true)
    expect(coverage.some(({ wantedBytes, readBytes }) => readBytes < wantedBytes)).toBe(true)
  }

  test('cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), (length) => judge(whole.subarray(0, length))),
      { numRuns: 25, seed: 2008 },
    )
  })

  test('with bytes overwritten anywhere behind the header', async () => {
    const changes = fc.array(fc.tuple(fc.integer({ min: 0x2000, max: whole.length - 1 }), fc.nat(255)), {
      minLength: 1,
      maxLength: 2000,
      size: 'max',
    })
    await fc.assert(
      fc.asyncProperty(changes, (overwritten) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of overwritten) bytes[at] = value
        return judge(bytes)
      }),
      { numRuns: 15, seed: 2008 },
    )
  })
})
