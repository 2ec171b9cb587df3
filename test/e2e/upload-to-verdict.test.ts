import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { machineTokens } from '../../infra/local/identity/machine.ts'
import { apiClient } from '../../infra/local/job/api-client.ts'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import { CaseDetail } from '../../shared/cases/api.ts'
import { CreatedVendorLink } from '../../shared/cases/links/vendor-link.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import { forge } from '../forge/forge.ts'
import { madeAssembly, madePortal } from '../made.ts'
import { launchBrowser, noChromium, openPage } from './browser.ts'
import { signIn } from './sign-in.ts'

/** The whole product: the synthesised template run on this machine, the built portal, a browser, a forged dump. */
describe.skipIf(noChromium)('from upload to verdict', () => {
  const problems: string[] = []
  let folder: string
  let dump: string
  let stack: LocalStack
  let browser: Browser

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dumpline-e2e-'))
    dump = join(folder, 'MEMORY.DMP')
    await forge('2008-nonpaged-depletion', dump)
    const [assembly, portal] = await Promise.all([madeAssembly(), madePortal()])
    stack = await startLocalStack({
      ...(await readAssembly(assembly)),
      dataDir: join(folder, 'data'),
      portalDir: portal,
      port: 0,
      onProblem: (sentence) => problems.push(sentence),
    })
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  test('a dump dropped into the page names the driver of 2008, with the evidence', async () => {
    const { page, context, complaints } = await openPage(browser)
    page.setDefaultTimeout(120_000)
    await page.goto(`${stack.origins.http}/`)
    await signIn(page)
    await page.getByRole('heading', { name: 'No cases yet' }).waitFor()
    await page.getByRole('link', { name: 'Upload a dump' }).click()
    await page.locator('input[type=file]').setInputFiles(dump)
    await page.getByLabel('Case title').fill('The server of 2008')
    await page.getByRole('button', { name: /^Upload 14\d MiB/ }).click()

    await page.getByRole('heading', { name: 'The server of 2008' }).waitFor()
    const verdict = page.getByRole('region', { name: 'Verdict' })
    await verdict.getByText('Culprit found').waitFor()
    const text = await verdict.innerText()
    expect(text).toMatch(/NonPagedPool is 98 % used[\s\S]*\{[0-9A-F-]{36}\}\.sys is the only driver that imports/)
    expect(text).toMatch(/Culprit\s+\{[0-9A-F-]{36}\}\.sys\s+9\d % confidence/)
    expect(text).toContain('50,827,424 bytes')
    expect(text).toContain('246,479 allocations outstanding')
    await page.getByText('All 4 stages are done.').click()
    for (const stage of ['header', 'pool', 'imports', 'verdict'])
      expect(await page.locator(`[data-stage=${stage}]`).innerText()).toContain('Done')

    await page.locator('.evidence-for').getByRole('link', { name: 'f50b8058' }).first().click()
    await page.locator('.transcript-entry.aimed').getByText('f50b8058').first().waitFor()
    await page.getByRole('tab', { name: 'Memory', exact: true }).click()
    expect(await page.getByRole('row', { name: /^NonPagedPool in use/ }).innerText()).toContain('31,369 pages')

    await page.getByRole('link', { name: 'Cases', exact: true }).click()
    await page.getByRole('row').filter({ hasText: 'The server of 2008' }).getByText('Culprit found').waitFor()
    expect(complaints).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })

  test('a case is opened ahead of its dump, found by its words, noted, closed, and opened again', async () => {
    const { page, context, complaints } = await openPage(browser)
    page.setDefaultTimeout(120_000)
    await page.goto(`${stack.origins.http}/cases/new`)
    await signIn(page)
    await page.getByLabel('Title').fill('Payroll hangs')
    await page.getByLabel('Customer').fill('Contoso')
    await page.getByRole('button', { name: 'Open the case' }).click()
    await page.getByText('This case has no dump yet.').waitFor()
    await page.getByLabel('Write a note').fill('Asked for a kernel dump.')
    await page.getByRole('button', { name: 'Add note' }).click()
    await page.getByRole('region', { name: 'Notes' }).getByText('Asked for a kernel dump.').waitFor()
    await page.getByRole('button', { name: 'Close case' }).click()
    await page.locator('.closed-mark').waitFor()
    await page.getByRole('link', { name: 'Cases', exact: true }).click()
    await page.getByRole('searchbox').fill('conto pay')
    await page.getByRole('row').filter({ hasText: 'Payroll hangs' }).getByText('Closed').waitFor()
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1)
    await page.getByRole('link', { name: 'Payroll hangs' }).click()
    await page.getByRole('button', { name: 'Reopen' }).click()
    await page.getByRole('button', { name: 'Close case' }).waitFor()
    await page.locator('summary').getByText('History').click()
    await expect
      .poll(() => page.locator('.timeline li > p:first-child').allInnerTexts())
      .toEqual(['The case was opened again.', 'The case was closed.', 'A note was written.', 'The case was opened.'])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a report too long for any answer reaches vendor and engineer by way of storage', async () => {
    const healthy = join(folder, 'healthy.dmp')
    await forge('healthy', healthy)
    const api = apiClient(stack.origins.http, machineTokens(stack.machine('engineer')))
    const { caseId, dump } = await uploadDump(api, healthy)
    const signal = AbortSignal.timeout(120_000)
    const made = await watchCase({ api, caseId, dumpId: dump.dumpId, signal, onStage: () => {}, stuck: () => null })
    const [{ analyses }] = (await api.get(`/api/cases/${caseId}`, CaseDetail)).dumps
    const { analysisId } = analyses[0].analysis
    // Noise does not pack: 6 MiB of it are more than an answer holds, however it is sent.
    const long = { ...made, transcript: [{ command: '!noise', output: randomBytes(6 * 2 ** 20).toString('base64') }] }
    const Key = analysisKey({ tenant: 'default', caseId, dumpId: dump.dumpId, analysisId })
    const Bucket = stack.buckets.find((name) => /dumps/i.test(name))
    const s3 = new S3Client({
      region: 'us-east-1',
      endpoint: stack.origins.s3,
      credentials: stack.credentials,
      forcePathStyle: true,
    })
    onTestFinished(() => s3.destroy())
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(long) }))
    const { token } = await api.post(`/api/cases/${caseId}/vendor-links`, { dumpId: dump.dumpId }, CreatedVendorLink)

    const { page, context, complaints } = await openPage(browser, { acceptDownloads: true })
    page.setDefaultTimeout(120_000)
    const fetched: string[] = []
    page.on('request', (request) => request.url().startsWith(stack.origins.s3) && fetched.push(request.url()))
    await page.goto(`${stack.origins.http}/vendor/${token}`)
    await page.getByRole('region', { name: 'Verdict' }).getByText(made.headline).waitFor()
    const download = async (): Promise<string> => {
      await page.getByRole('button', { name: 'Report', exact: true }).click()
      const [saved] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: 'Markdown with the transcript' }).click(),
      ])
      return readFile(await saved.path(), 'utf8')
    }
    expect((await download()).length).toBeGreaterThan(8 * 2 ** 20)
    expect(fetched).toHaveLength(2)
    for (const url of fetched) {
      expect(new URL(url).pathname).toContain('/handed-out/')
      for (const word of ['default', caseId, dump.dumpId, analysisId, token]) expect(url).not.toContain(word)
    }

    await page.goto(`${stack.origins.http}/cases/${caseId}`)
    await signIn(page)
    await page.getByRole('region', { name: 'Verdict' }).getByText(made.headline).waitFor()
    expect((await download()).length).toBeGreaterThan(8 * 2 ** 20)
    expect(fetched).toHaveLength(4)
    expect(complaints).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })

  test('a picture ends as a case that says what it is and what to do', async () => {
    const { page, context, complaints } = await openPage(browser)
    page.setDefaultTimeout(120_000)
    await page.goto(`${stack.origins.http}/upload`)
    await signIn(page)
    const buffer = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')
    await page.locator('input[type=file]').setInputFiles({ name: 'bsod.png', mimeType: 'image/png', buffer })
    await page.getByRole('button', { name: /^Upload/ }).click()
    const verdict = page.getByRole('region', { name: 'Verdict' })
    await verdict.getByText('Not a dump that can be analysed').waitFor()
    expect(await verdict.innerText()).toMatch(/is a picture, not a dump[\s\S]*What to do/)
    expect(complaints).toEqual([])
    await context.close()
  })
})
