import { describe, expect, test } from 'vitest'
import { judge } from '../../shared/verdict/judge.ts'
import type { Knowledge } from '../../shared/verdict/knowledge.ts'
import { contents, importer, knowledge, memory, module, modules, searched, tag } from './knowledge.ts'

const leaky = { name: 'leaky.sys', base: '0xf50b3000' }
const gone = { name: 'gone.sys', start: '0xf7000000', end: '0xf7008000', unloadedAt: null }
const intoGone = (blocks: number) => {
  const into = contents('None', [{ name: 'gone.sys (unloaded)', base: gone.start, blocks }])
  return { ...into, modules: into.modules.map((entry) => ({ ...entry, unloaded: true as const })) }
}
const candidates = (known: Knowledge) => judge(known).findings[0].candidates

describe('the leaked blocks point to where an unloaded driver was', () => {
  test('it is the first suspect, and the only importer left falls below a half', () => {
    const known = knowledge({ unloadedModules: [gone], contents: [intoGone(50)] })
    const [first, second] = candidates(known)
    expect(first).toMatchObject({ kind: 'module', name: 'gone.sys (unloaded)', base: gone.start })
    expect(first.for.map(({ kind }) => kind)).toEqual(['contents-recurring', 'unloaded'])
    expect(first.confidence).toBeGreaterThan(0.5)
    expect(second.name).toBe(leaky.name)
    expect(second.confidence).toBeLessThan(0.5)
    expect(second.against.map(({ kind }) => kind)).toContain('contents-elsewhere')
  })

  test('it is suspected and never called the culprit: others may have been at its addresses', () => {
    for (const importers of [[], [importer(leaky.name, leaky.base)]]) {
      const known = knowledge({ unloadedModules: [gone], contents: [intoGone(64)], imports: searched(importers) })
      const { verdict, findings, headline } = judge(known)
      expect(verdict).toBe('suspects')
      expect(headline).toContain('gone.sys (unloaded)')
      expect(findings[0].nextStep).toContain('restart')
    }
  })

  test('a few such blocks do not outweigh the only importer', () => {
    const known = knowledge({ unloadedModules: [gone], contents: [intoGone(5)] })
    expect(candidates(known)[0].name).toBe(leaky.name)
  })
})

describe('an image that the list does not name', () => {
  const hidden = { ...module('unlisted@0xf8000000', '0xf8000000'), listed: false }
  const tables = { ...searched([]).importTables, [hidden.base]: 'read' as const }
  const calm = {
    memory: memory({ nonPagedPool: { usedPages: 3000, maximumPages: 31986, excessive: false } }),
    pool: { ...knowledge().pool!, tags: [tag('None', 5_000_000, 9_000)] },
  }

  test('is told of and blamed for nothing when nothing leaks', () => {
    const { verdict, findings } = judge(knowledge({ ...calm, modules: [...modules, hidden] }))
    expect(verdict).toBe('healthy')
    expect(findings).toMatchObject([{ kind: 'hidden-module', status: 'information', candidates: [] }])
    expect(findings[0].summary).toContain('unlisted@0xf8000000')
  })

  test('is the culprit when it alone imports the allocator, and is then told of once', () => {
    const imports = searched([importer(hidden.name, hidden.base)], { importTables: tables })
    const { verdict, findings } = judge(knowledge({ modules: [...modules, hidden], imports }))
    expect(verdict).toBe('culprit')
    expect(findings).toHaveLength(1)
    expect(findings[0].candidates[0]).toMatchObject({ name: hidden.name, base: hidden.base })
    expect(findings[0].candidates[0].for.map(({ kind }) => kind)).toContain('unlisted')
  })

  test('is not passed over for calling itself the kernel', () => {
    const posing = { ...hidden, name: 'ntoskrnl.exe' }
    const imports = searched([importer(posing.name, posing.base)], { importTables: tables })
    expect(candidates(knowledge({ modules: [...modules, posing], imports }))[0].base).toBe(hidden.base)
  })

  test('is not called hidden when the list could not be followed to its end', () => {
    const moduleDoubts = { list: 'The module list breaks off.', notImages: [] }
    const [finding] = judge(knowledge({ ...calm, modules: [...modules, hidden], moduleDoubts })).findings
    expect(finding.summary).toContain('could not be followed to its end')
  })
})

test('a listed module whose memory is no image is told of', () => {
  const moduleDoubts = { list: null, notImages: ['0xf6000000'] }
  const { findings } = judge(knowledge({ moduleDoubts }))
  expect(findings.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
    'pool-leak culprit',
    'forged-module information',
  ])
  expect(findings[1].summary).toContain('decoy.sys')
})
