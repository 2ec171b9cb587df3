import { expect, test } from 'vitest'
import type { DumpFacts } from '../../shared/analysis/dump-facts.ts'
import { nextStage } from '../../shared/stages/plan.ts'
import { knowledge } from '../verdict/knowledge.ts'

const { dump } = knowledge()
const after = (facts: DumpFacts) =>
  (['header', 'pool', 'imports', 'verdict'] as const).map((stage) => nextStage(stage, { dump: facts }))

test('a dump with memory goes through every stage', () => {
  expect(after(dump)).toEqual(['pool', 'imports', 'verdict', null])
  expect(after({ ...dump, truncated: true })[0]).toBe('pool')
})

test('the blocks of a small dump are counted, and nothing is searched', () => {
  expect(after({ ...dump, format: 'triage' }).slice(0, 2)).toEqual(['pool', 'verdict'])
})

test('refused and header-only dumps go straight to the verdict', () => {
  const refusal = { code: 'empty', message: 'The file is empty.', advice: 'Upload it again.' }
  for (const facts of [
    { ...dump, refusal },
    { ...dump, format: 'triage', refusal },
    { ...dump, format: 'header-only' },
  ] as const)
    expect(after(facts)[0]).toBe('verdict')
})
