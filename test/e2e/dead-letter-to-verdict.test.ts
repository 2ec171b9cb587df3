import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { machineTokens } from '../../infra/local/identity/machine.ts'
import { apiClient } from '../../infra/local/job/api-client.ts'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { type Assembly, readAssembly } from '../../infra/local/template/assembly.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import { CaseDetail } from '../../shared/cases/api.ts'
import {
  CostReport,
  DeadLetterReport,
  UnderWayReport,
  VersionReport,
} from '../../shared/cases/operations/operations-api.ts'
import { forge } from '../forge/forge.ts'
import { madeAssembly, madePortal } from '../made.ts'
import { launchBrowser, noChromium } from './browser.ts'
import { signIn } from './sign-in.ts'

type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> }

/**
 * The stack with a header stage that, for as long as the file `poison` is there, is given no time to work in; and a
 * header queue that gives a message up after its first delivery, where the real one takes minutes.
 */
const poisoned = async ({ template, assets }: Assembly, folder: string, poison: string): Promise<Assembly> => {
  const changed = structuredClone(template) as { Resources: Record<string, Resource> }
  const replaced: Record<string, string> = {}
  for (const [id, { Type, Properties }] of Object.entries(changed.Resources)) {
    if (Type === 'AWS::SQS::Queue' && /^PipelineHeader\w+Queue/.test(id))
      Object.assign(Properties.RedrivePolicy as object, { maxReceiveCount: 1 })
    const variables = (Properties?.Environment as { Variables?: Record<string, unknown> })?.Variables
    if (Type !== 'AWS::Lambda::Function' || variables?.POWERTOOLS_SERVICE_NAME !== 'header') continue
    variables.MAX_RECEIVE_COUNT = '1'
    const code = Properties.Code as { S3Key: string }
    const place = join(folder, 'header-with-poison')
    await cp(assets[code.S3Key], place, { recursive: true })
    await rename(join(place, 'index.mjs'), join(place, 'real.mjs'))
    await writeFile(
      join(place, 'index.mjs'),
      `import { existsSync } from 'node:fs'
      import { handler as real } from './real.mjs'
      const hurried = (context) => ({ ...context, getRemainingTimeInMillis: () => 1 })
      export const handler = (event, context) =>
        real(event, existsSync(${JSON.stringify(poison)}) ? hurried(context) : context)`,
    )
    code.S3Key = 'header-with-poison'
    replaced[code.S3Key] = place
  }
  if (Object.keys(replaced).length !== 1) throw new Error('The template has no function for the header stage.')
  return { template: changed, assets: { ...assets, ...replaced } }
}

describe.skipIf(noChromium)('a poison message', () => {
  let folder: string
  let stack: LocalStack
  let browser: Browser

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dumpline-dead-letters-'))
    const [assembly, portalDir] = await Promise.all([madeAssembly(), madePortal()])
    const settings = { dataDir: join(folder, 'data'), portalDir, port: 0, onProblem: () => undefined }
    const changed = await poisoned(await readAssembly(assembly), folder, join(folder, 'poison'))
    stack = await startLocalStack({ ...changed, ...settings })
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  test('is seen as a dead letter by the API and on the page, is sent again there, and its case goes on', async () => {
    await writeFile(join(folder, 'poison'), '')
    const file = join(folder, 'SRV-DB-04.dmp')
    await forge('tiny-x64', file)
    const api = apiClient(stack.origins.http, machineTokens(stack.machine('lead')))
    const { caseId, dump } = await uploadDump(api, file)

    const letters = () => api.get('/api/operations/dead-letters', DeadLetterReport)
    const dead = await vi.waitUntil(async () => (await letters()).letters[0], { timeout: 60_000, interval: 500 })
    expect(dead).toMatchObject({ queue: 'header', caseId, dumpId: dump.dumpId, stage: 'header', status: 'failed' })
    expect(dead).toMatchObject({
      effect: 'tries-again',
      why: expect.stringContaining('operators can see its message'),
    })
    expect((await api.get('/api/operations/analyses', UnderWayReport)).analyses).toEqual([])
    const neighbour = apiClient(stack.origins.http, machineTokens(stack.machine('admin', 'neighbour')))
    const theirs = await neighbour.get('/api/operations/dead-letters', DeadLetterReport)
    expect(theirs).toMatchObject({ letters: [], others: 1 })

    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
    await page.goto(`${stack.origins.http}/operations`)
    await signIn(page, 'Leo Lead')
    await page.getByRole('link', { name: '1 dead letter of Header.' }).waitFor()
    await page
      .getByRole('table', { name: 'Dead letters of Header' })
      .getByText('operators can see its message')
      .waitFor()
    await rm(join(folder, 'poison'))
    await page.getByRole('button', { name: 'Send again: dead letters of Header' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Send again', exact: true }).click()
    await page.getByText('Sent again: 1 of 1').waitFor()

    const caseStatus = async () => (await api.get(`/api/cases/${caseId}`, CaseDetail)).case.status
    await vi.waitUntil(async () => (await caseStatus()) !== 'failed', { timeout: 30_000, interval: 300 })
    const stuck = () => stack.deadLetters().find(({ messages }) => messages > 0)?.queue ?? null
    const signal = AbortSignal.timeout(60_000)
    const analysis = await watchCase({ api, caseId, dumpId: dump.dumpId, onStage: () => {}, stuck, signal })
    expect(analysis.dump.architecture).toBe('x64')
    await page.getByText('Nothing is wrong').waitFor({ timeout: 30_000 })

    const { days } = await api.get('/api/operations/cost', CostReport)
    const workers = days[0].workers.map(({ worker }) => worker)
    expect(workers).toEqual(expect.arrayContaining(['header', 'pool', 'imports']))
    expect(days[0].dollars).toBeGreaterThan(0)
    const { engine, engines, stages } = await api.get('/api/operations/versions', VersionReport)
    expect(engines).toMatchObject([{ version: engine, analyses: 1 }])
    for (const { current, used } of stages) expect(used).toMatchObject([{ version: current, analyses: 1 }])
  }, 180_000)
})
