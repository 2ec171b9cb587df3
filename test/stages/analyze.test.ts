import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { engineVersion } from '../../shared/analysis/engine-version.ts'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { analyze } from '../../shared/stages/analyze.ts'
import { verdictStage } from '../../shared/stages/verdict.ts'
import { knowledge } from '../verdict/knowledge.ts'

const cost = { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 }

test('a stage without a result is said in the coverage, with its reason where it failed', () => {
  const { dump, modules, memory } = knowledge()
  const header = { dump, modules: [...modules], unloadedModules: [], memory, coverage: [], transcript: [], cost }
  const body = verdictStage(header, null, null, [{ stage: 'pool', reason: 'The file ended early.' }])
  expect(body.coverage).toEqual([
    { area: 'pool', wantedBytes: 0, readBytes: 0, note: 'The file ended early.' },
    { area: 'imports', wantedBytes: 0, readBytes: 0, note: 'The imports stage has no result.' },
  ])
  expect(body.verdict).toBe('inconclusive')
})

test('the engine version is the package version', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
  expect(engineVersion).toBe(version)
})

test('a source that fails to read rejects: a defect of the reading is no property of the dump', async () => {
  const broken = { size: 10_000, read: () => Promise.reject(new Error('the disk is gone')) }
  await expect(analyze(broken, {}, { clock: () => 0 })).rejects.toThrow('the disk is gone')
})

test('milliseconds come from the clock that is handed in', async () => {
  let time = 0
  const { cost } = await analyze(bufferSource(new Uint8Array(5000)), {}, { clock: () => (time += 7) })
  expect(cost.milliseconds).toBe(7)
})
