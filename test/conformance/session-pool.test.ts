import { describe, expect, test } from 'vitest'
import { renderPoolused } from '../../shared/report/poolused.ts'
import { build, scenarioNamed } from '../forge/forge.ts'
import { analyzeBytes } from './analyze-source.ts'

const sessionTags = [{ tag: 'Gla5', outstanding: 812, bytes: 3_411_968 }]

const analyzed = async (name: string, session: boolean, symbols = false) => {
  const base = scenarioNamed(name)
  const forged = build({ ...base, name: `${name} session`, ...(session ? { sessionTags } : {}) })
  return analyzeBytes(Buffer.concat(forged.pieces), symbols ? { symbols: forged.symbols } : {})
}

describe.each(['x86-pae-6002', 'x86-pae-7601', 'x64-6002', 'x64-7601', 'x64-9600'])('session pool, %s', (name) => {
  test('is told tag by tag where its own tracker is in the dump', async () => {
    const { pool, coverage } = await analyzed(name, true)
    expect(pool?.session?.tags.find(({ tag }) => tag === 'Gla5')?.paged).toMatchObject({
      outstanding: 812,
      bytes: 3_411_968,
    })
    // It is no part of the machine's account.
    expect(pool?.tags.some(({ tag }) => tag === 'Gla5')).toBe(false)
    expect(coverage.find(({ area }) => area === 'session pool')?.note).toContain(
      'Other sessions have pool of their own',
    )
    expect(renderPoolused(pool!, { flags: 8 | 4, top: 1 })).toMatch(/Session pool[\s\S]*Gla5 +0 +0 +812 +3411968/)
  })

  test('is said to be unknown where there is none, and nothing else is taken for it', async () => {
    const { pool, coverage } = await analyzed(name, false)
    expect(pool?.session).toBeUndefined()
    expect(coverage.find(({ area }) => area === 'session pool')).toMatchObject({ readBytes: 0 })
    expect(renderPoolused(pool!, { flags: 8 })).toContain('was not found')
  })
})

test('symbols lead to it too', async () => {
  expect((await analyzed('x64-7601', true, true)).pool?.session?.tags.length).toBeGreaterThan(20)
})
