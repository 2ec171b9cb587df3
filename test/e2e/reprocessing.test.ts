import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { synthesise } from '../../infra/local/job/prepare.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { sumOf } from '../campaign/batch-calls.ts'
import { localBatch, openStorage } from '../campaign/local-batch.ts'
import { modelOf, storedIds } from '../campaign/stored-cases.ts'
import { startStackProcess } from './stack-process.ts'

const settings = { perMinute: 600, concurrency: 4, sample: 2 }

/** What `npm run campaign:reprocess` does with many cases, with a few. */
test('old cases are done again by a whole stack, which is killed in the middle', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dumpline-reprocessing-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const assembly = (await synthesise(folder, new AbortController().signal)).folder
  const { template } = await readAssembly(assembly)
  const dataDir = join(folder, 'data')
  const model = await modelOf()
  let stack = await startStackProcess(assembly, dataDir)
  onTestFinished(() => stack.stop())
  const storage = openStorage(stack, template)
  await storage.seed(model, 6, 'verdict')
  await storage.seed(model, 3, 'header', 6)
  storage.close()

  const batch = await localBatch(stack.lead, { name: 'Old ones', query: { engineOlderThan: '0.1.0' }, settings })
  const { plan } = await batch.until(({ batch: { status } }) => status === 'planned')
  expect(plan).toMatchObject({ dumps: 9, impossible: 0, beginAt: { verdict: 6, header: 3 } })
  await batch.act('dry-run')
  const tried = await batch.until(({ batch: { status } }) => status === 'tried')
  expect(tried.progress).toMatchObject({ waiting: 7, published: 0 })

  await batch.act('start')
  await batch.until(({ progress }) => progress.waiting < 6)
  await stack.kill()
  stack = await startStackProcess(assembly, dataDir)
  batch.reconnect(stack.lead)
  const done = await batch.until(({ batch: { status } }) => status === 'done')
  expect(done.progress).toMatchObject({
    items: 9,
    waiting: 0,
    running: 0,
    failed: 0,
    impossible: 0,
    same: 3,
    changed: 6,
  })
  expect(sumOf(done.progress)).toBe(9)

  await batch.act('publish')
  const published = await batch.until(({ batch: { status } }) => status === 'published')
  expect(published.progress).toMatchObject({ published: 9, kept: 0 })
  const after = openStorage(stack, template)
  onTestFinished(after.close)
  for (let index = 0; index < 9; index++) {
    const { caseId } = storedIds(index)
    const { case: record, dumps } = (await after.store.detail(caseId))!
    expect(record.headline).toBe(model.analysis.headline)
    const [{ dump, analyses }] = dumps
    expect(record.outcomeOf).toBe(dump.currentAnalysisId)
    const read = analyses[1].stages.reduce((sum, { cost }) => sum + (cost?.bytesRead ?? 0), 0)
    if (index < 6) expect(read).toBe(0)
    else expect(read).toBeGreaterThan(0)
  }
}, 240_000)
