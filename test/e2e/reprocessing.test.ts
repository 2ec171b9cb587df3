import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { sumOf } from '../campaign/batch-calls.ts'
import { localBatch, openStorage } from '../campaign/local-batch.ts'
import { modelOf, storedIds } from '../campaign/stored-cases.ts'
import { madeAssembly, madePortal } from '../made.ts'
import { launchBrowser, openPage } from './browser.ts'
import { signIn } from './sign-in.ts'
import { startStackProcess } from './stack-process.ts'

const settings = { perMinute: 600, concurrency: 4, sample: 2 }

/** What `npm run campaign:reprocess` does with many cases, with a few. */
test('old cases are done again by a whole stack, which is killed in the middle', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dumpline-reprocessing-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const [assembly, portal] = await Promise.all([madeAssembly(), madePortal()])
  const { template } = await readAssembly(assembly)
  const dataDir = join(folder, 'data')
  const model = await modelOf()
  let stack = await startStackProcess(assembly, dataDir, portal)
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
  stack = await startStackProcess(assembly, dataDir, portal)
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

  await reviewInThePortal(stack.origin, 'Old ones')
}, 240_000)

/** A lead looks at the batch that is there, and then plans and publishes another one. */
const reviewInThePortal = async (origin: string, name: string): Promise<void> => {
  const browser = await launchBrowser()
  onTestFinished(() => browser.close())
  const { page, complaints } = await openPage(browser, { viewport: { width: 1280, height: 1100 } }, null)
  page.setDefaultTimeout(20_000)
  await page.goto(`${origin}/reprocessing`)
  await signIn(page, 'Leo Lead')
  await page.getByRole('link', { name }).click()
  await page.getByText('Published 9, left as they stand 0').waitFor()
  const dumps = page.getByRole('table', { name: 'Dumps of the batch' })
  await expect.poll(() => dumps.getByRole('row').count()).toBe(7)
  await page.getByLabel('Which dumps').selectOption('Another culprit')
  await expect.poll(() => dumps.getByRole('row').count()).toBe(4)
  if (process.env.DUMPLINE_PICTURES)
    await page.screenshot({ path: `${process.env.DUMPLINE_PICTURES}/batch.png`, fullPage: true })

  await page.getByRole('link', { name: 'Reprocessing' }).first().click()
  await page.getByRole('link', { name: 'Plan a batch' }).click()
  await page.getByLabel('Name').fill('Once more')
  if (process.env.DUMPLINE_PICTURES)
    await page.screenshot({ path: `${process.env.DUMPLINE_PICTURES}/plan.png`, fullPage: true })
  await page.getByRole('button', { name: 'Plan it' }).click()
  await page.getByRole('button', { name: 'Start' }).click()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('button', { name: 'Yes, publish' }).click()
  await page.getByText('Published 9, left as they stand 0').waitFor()

  // The first batch named another culprit in one case, whose owner takes the notice off.
  await page.goto(`${origin}/cases/${storedIds(0).caseId}`)
  await page.getByText('Another culprit than before').waitFor()
  await page.getByRole('button', { name: 'I have seen it' }).click()
  await page.getByText('Another culprit than before').waitFor({ state: 'detached' })
  expect(complaints).toEqual([])
}
