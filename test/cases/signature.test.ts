import { describe, expect, test } from 'vitest'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import type { Candidate, Finding } from '../../shared/analysis/finding.ts'
import { outcomeOf } from '../../shared/cases/outcome.ts'
import { signatureOf } from '../../shared/cases/search/signature.ts'
import { depletion2008 } from '../e2e/fixtures/depletion-2008.ts'
import { healthy } from '../e2e/fixtures/other-verdicts.ts'

const candidate = (name: string, base: string | null = '0x1000', kind: Candidate['kind'] = 'module'): Candidate => ({
  kind,
  name,
  base,
  pid: kind === 'process' ? 4 : null,
  confidence: 0.95,
  for: [],
  against: [],
})

type Facts = {
  readonly candidates: readonly Candidate[]
  readonly status?: Finding['status']
  readonly tag?: string | null
  readonly bugcheck?: string | null
  readonly timestamp?: string | null
  readonly version?: string
}

/** An analysis that found these candidates; each is a module at its base. */
const analysis = ({ candidates, status, tag, bugcheck, timestamp, version }: Facts): Analysis => {
  const [finding] = depletion2008.findings
  const { version: _own, ...module } = depletion2008.modules[0]
  return {
    ...depletion2008,
    dump: {
      ...depletion2008.dump,
      bugcheck: bugcheck === null ? null : { code: bugcheck ?? '0xd1', name: null, parameters: [] },
    },
    modules: candidates.map(({ name, base }) => ({
      ...module,
      name,
      base: base ?? '0x0',
      timestamp: timestamp === undefined ? '0x4a5bc3f7' : timestamp,
      ...(version === undefined ? {} : { version }),
    })),
    findings: [
      { ...finding, status: status ?? 'culprit', tag: tag === undefined ? 'Leak' : tag, candidates: [...candidates] },
    ],
  }
}
const one = (name: string, facts: Partial<Facts> = {}) =>
  signatureOf(analysis({ candidates: [candidate(name)], ...facts }))

describe('a signature', () => {
  test('is the same for the same cause, told from different dumps of it', () => {
    expect(one('leaky.sys')).toMatch(/^sig1_[0-9a-f]{20}$/)
    expect(one('LEAKY.sys')).toBe(one('leaky.sys'))
    const elsewhere = analysis({ candidates: [candidate('leaky.sys', '0x9000')] })
    expect(signatureOf(elsewhere)).toBe(one('leaky.sys'))
  })

  test('does not depend on whether a version resource was in the dump', () => {
    expect(one('leaky.sys', { version: '1.2.3.4' })).toBe(one('leaky.sys'))
    expect(one('leaky.sys', { version: '1.2.3.4', timestamp: null })).not.toBe(one('leaky.sys', { timestamp: null }))
  })

  test('does not depend on how a crash was asked for', () => {
    const asked = ['0xe2', '0xdeaddead', '0x80', null].map((bugcheck) => one('leaky.sys', { bugcheck }))
    expect(new Set(asked).size).toBe(1)
    expect(one('leaky.sys', { bugcheck: '0xd1' })).not.toBe(asked[0])
    expect(one('leaky.sys', { bugcheck: '0x7e' })).not.toBe(one('leaky.sys', { bugcheck: '0xd1' }))
  })

  test('knows a driver whose name was made up at installation, or that has none, by its build', () => {
    const made = one('{5EE4F1A2-0B3C-4D5E-8F90-123456789ABC}.sys')
    expect(one('{00000000-1111-2222-3333-444444444444}.sys')).toBe(made)
    expect(one('{00000000-1111-2222-3333-444444444444}.sys', { timestamp: '0x1' })).not.toBe(made)
    expect(one('{00000000-1111-2222-3333-444444444444}.sys', { timestamp: null })).toBeNull()
    expect(one('unlisted@0xf7a31000')).toBe(one('unlisted@0xb1000000'))
    expect(one('unlisted@0xf7a31000', { timestamp: null })).toBeNull()
  })

  test('tells drivers, builds, tags and leaking processes apart', () => {
    const different = [
      one('leaky.sys'),
      one('other.sys'),
      one('leaky.sys', { timestamp: '0x5' }),
      one('leaky.sys', { tag: 'leak' }),
      one('leaky.sys', { tag: null }),
      signatureOf(analysis({ candidates: [candidate('leaky.exe', null, 'process')] })),
      signatureOf(analysis({ candidates: [candidate('leaky.sys', null, 'process')] })),
    ]
    expect(new Set(different).size).toBe(different.length)
  })

  test('of suspects takes all of them, in any order, and none if they are many', () => {
    const suspects = (...names: string[]) =>
      signatureOf(
        analysis({ candidates: names.map((name, n) => candidate(name, `0x${n + 1}000`)), status: 'suspects' }),
      )
    expect(suspects('a.sys', 'b.sys')).toBe(suspects('b.sys', 'a.sys'))
    expect(suspects('a.sys', 'b.sys')).not.toBe(suspects('a.sys', 'c.sys'))
    expect(suspects('a.sys', 'b.sys', 'c.sys', 'd.sys')).toBeNull()
  })

  test('is not given where no cause is named', () => {
    expect(signatureOf(healthy)).toBeNull()
    expect(one('leaky.sys', { status: 'inconclusive' })).toBeNull()
  })
})

test('the outcome of the case of 2008 holds what a list is searched by', () => {
  expect(outcomeOf(depletion2008)).toMatchObject({
    verdict: 'culprit',
    tag: 'None',
    bugcheck: depletion2008.dump.bugcheck === null ? null : { code: depletion2008.dump.bugcheck.code },
    crashedAt: depletion2008.dump.crashedAt,
    signature: expect.stringMatching(/^sig1_/),
  })
})
