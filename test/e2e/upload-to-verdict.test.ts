import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
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
