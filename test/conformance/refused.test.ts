import { expect, test } from 'vitest'
import { analyzeBytes } from './analyze-source.ts'

const beginning = (...bytes: number[]): Uint8Array => {
  const file = new Uint8Array(4096)
  file.set(bytes)
  return file
}

test.each([
  ['a PNG', beginning(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), /picture|PNG/],
  ['an empty file', new Uint8Array(0), /empty/],
  ['a dump of one process', beginning(0x4d, 0x44, 0x4d, 0x50, 0x93, 0xa7, 0, 0), /process|user/i],
])('%s is refused with a reason and advice', async (_, bytes, reason) => {
  const analysis = await analyzeBytes(bytes)
  expect(analysis.dump.refusal).toMatchObject({
    code: expect.stringMatching(/^[a-z-]+$/),
    advice: expect.stringMatching(/\S/),
  })
  expect(analysis.dump.refusal?.message).toMatch(reason)
  expect(analysis.verdict).toBe('not-determinable')
  expect(analysis.findings).toHaveLength(1)
  expect(analysis.findings[0]).toMatchObject({ kind: 'dump-quality', status: 'not-determinable', candidates: [] })
  expect(analysis.headline).toBe(analysis.dump.refusal?.message)
  expect(analysis.cost.reads).toBeLessThanOrEqual(2)
})
