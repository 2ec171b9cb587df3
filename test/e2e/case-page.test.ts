import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { caseDetail, stageRecord } from './fixtures/case-details.ts'
import { depletion2008, guidDriver } from './fixtures/depletion-2008.ts'
import { healthy, hostile, inconclusive, refusedPng, sampled, suspects, triage } from './fixtures/other-verdicts.ts'
import { portalUnderTest, sidewaysScroll } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

const stageText = (page: Page, stage: string) => page.locator(`[data-stage=${stage}]`).innerText()
const verdictOf = (page: Page) => page.getByRole('region', { name: 'Verdict' })

describe.skipIf(noChromium)('the page of a case', () => {
  const portal = portalUnderTest()
  const { open, putCase } = portal
  const openSolved = (path = '', options = {}) => {
    putCase(caseDetail({ caseId: 'solved', title: 'SRV-DB-04', analysis: depletion2008 }), depletion2008)
    return open(`/cases/solved${path}`, options)
  }

  test('follows the stages while they run, then shows the verdict and stops asking', async () => {
    putCase(caseDetail({ caseId: 'live', stages: [stageRecord('header', 'd', { status: 'running' })] }))
    const page = await open('/cases/live')
    await page.getByText('The dump is being analysed.').waitFor()
    expect(await stageText(page, 'header')).toContain('Running')
    expect(await stageText(page, 'verdict')).toContain('Not yet')

    const stages = [stageRecord('header', 'd'), stageRecord('pool', 'd', { status: 'running', attempt: 2 })]
    putCase(caseDetail({ caseId: 'live', stages }))
    await page.getByText('Step 2 of 4').waitFor()
    expect(await stageText(page, 'header')).toMatch(/Done[\s\S]*840 ms · 1.82 MiB read/)
    expect(await stageText(page, 'pool')).toMatch(/Running[\s\S]*attempt 2/)

    putCase(caseDetail({ caseId: 'live', analysis: depletion2008 }), depletion2008)
    await verdictOf(page).getByText('Culprit found').waitFor()
    // Nothing is left to follow: the stages are a line that opens.
    expect(await page.locator('.stages').isVisible()).toBe(false)
    await page.getByText('All 4 stages are done.').click()
    expect(await stageText(page, 'verdict')).toContain('Done')
    expect(await page.getByRole('link', { name: 'Cases', exact: true }).getAttribute('aria-current')).toBe('page')
    let asked = 0
    portal.fake.beforeApi = () => {
      asked++
    }
    await page.waitForTimeout(2500)
    expect(asked).toBe(0)
  })

  test('shows a first answer before the end, and the refined one after', async () => {
    const first = caseDetail({ caseId: 'early', analysis: inconclusive, status: 'running' })
    putCase(first, inconclusive)
    const page = await open('/cases/early')
    await verdictOf(page).getByText('Inconclusive').waitFor()
    await page.getByText('First answer: the analysis is still running').waitFor()
    putCase(caseDetail({ caseId: 'early', analysis: depletion2008 }), depletion2008)
    await verdictOf(page).getByText('Culprit found').waitFor()
    expect(await page.getByText('First answer').count()).toBe(0)
  })

  test('says headline, culprit, tag and bytes first, with the next step', async () => {
    const page = await openSolved()
    const verdict = verdictOf(page)
    await verdict.waitFor()
    const text = await verdict.innerText()
    for (const part of [
      depletion2008.headline,
      guidDriver,
      '95 % confidence',
      'None',
      '50,827,424 bytes',
      '246,479',
      'Next step',
    ])
      expect(text).toContain(part)
    expect(text).toContain('of “module pages” 99 % was read')
    expect(await page.title()).toBe('SRV-DB-04 · dumpline')
  })

  test('shows evidence for and against, weightiest first, each address leading into the transcript', async () => {
    const page = await openSolved()
    const pro = page.locator('.evidence-for li')
    await pro.first().waitFor()
    expect((await pro.allInnerTexts()).map((text) => text.match(/weight (\S+)/)?.[1])).toEqual(['3', '2.6', '0.8'])
    expect(await page.locator('.evidence-against li').innerText()).toContain('storport.sys could not be searched')
    // What the transcript does not show is looked up in the dump's memory.
    expect(await pro.nth(1).getByRole('link').getAttribute('href')).toContain('tab=raw&address=0xf50b5a40')

    await pro.first().getByRole('link', { name: 'f50b8058' }).click()
    const target = page.locator('#transcript-4')
    await target.waitFor()
    expect(await target.innerText()).toContain('s-d @#Base @#End e0894d1f')
    expect(await page.evaluate('document.activeElement.id')).toBe('transcript-4')
    expect(await page.getByRole('tab', { name: /^Transcript/ }).getAttribute('aria-selected')).toBe('true')
  })

  test('a link to a transcript entry opens there', async () => {
    const page = await openSolved('?tab=transcript#transcript-6')
    await page.locator('#transcript-6.aimed').waitFor()
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('transcript-6')
  })

  test('sorts and searches hundreds of pool tags', async () => {
    const page = await openSolved('?tab=pool')
    const rows = page.getByRole('tabpanel').locator('tbody tr')
    const firstTag = () => rows.first().locator('th, td').first().innerText()
    await page.getByRole('button', { name: 'NonPaged bytes' }).waitFor()
    expect(await firstTag()).toBe('None')
    expect(await rows.count()).toBe(50)
    await page.getByRole('button', { name: 'Paged bytes', exact: true }).click()
    await page.getByRole('button', { name: 'Paged bytes', exact: true }).click()
    await expect.poll(firstTag).toBe('MmSt')
    await page.getByPlaceholder('Find tags').fill('contiguous')
    await expect.poll(() => rows.count()).toBe(1)
    expect(await firstTag()).toBe('MmCm')
    await page.getByPlaceholder('Find tags').fill('no such tag at all')
    await page.getByText('No tags match.').waitFor()
  })

  test('shows memory counters with their source, and why one is not known', async () => {
    const page = await openSolved()
    const line = page.getByRole('row', { name: /^Failed pool allocations/ })
    expect(await line.innerText()).toMatch(/not known[\s\S]*Only symbols tell/)
    expect(await page.getByRole('row', { name: /^NonPagedPool in use/ }).innerText()).toContain('31,369 pages')
    await page.getByText('Excessive usage').waitFor()
  })

  test('has tabs for everything else, by keyboard too', async () => {
    const page = await openSolved()
    await page.getByRole('tab', { name: 'Memory', exact: true }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByPlaceholder('Find tags').waitFor()
    const expected: [tab: RegExp, text: string][] = [
      [/^Importers/, 'Import table'],
      [/^Modules/, 'Not in the kernel’s list'],
      [/^Unloaded/, 'kmixer.sys'],
      [/^Big allocations/, '0xfa100000'],
      [/^Dump/, 'MANUALLY_INITIATED_CRASH'],
    ]
    for (const [tab, text] of expected) {
      await page.getByRole('tab', { name: tab }).click()
      await page.getByRole('tabpanel').getByText(text).first().waitFor()
    }
  })

  test('copies one command of the transcript, or all', async () => {
    const page = await openSolved('?tab=transcript', { permissions: ['clipboard-read', 'clipboard-write'] })
    const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()')
    await page.getByRole('button', { name: 'Copy x nt!ExAllocatePool' }).click()
    await page.getByText('Copied').waitFor()
    expect(await clipboard()).toBe('kd> x nt!ExAllocatePool\ne0894d1f nt!ExAllocatePool\n')
    await page.getByRole('button', { name: 'Copy all' }).click()
    await expect.poll(clipboard).toContain('kd> !lmi f50b8058')
  })

  test('names both of two suspects, and nobody when it is inconclusive', async () => {
    putCase(caseDetail({ caseId: 'two', analysis: suspects }), suspects)
    putCase(caseDetail({ caseId: 'none', analysis: inconclusive }), inconclusive)
    const two = await open('/cases/two')
    await verdictOf(two).waitFor()
    expect(await verdictOf(two).locator('.key-driver').allInnerTexts()).toEqual([
      expect.stringContaining('stornic.sys'),
      expect.stringContaining('avfilt.sys'),
    ])
    const none = await open('/cases/none')
    await verdictOf(none).waitFor()
    expect(await none.locator('.key-driver').count()).toBe(0)
    await verdictOf(none).getByText('of “module pages” 41 % was read').waitFor()
  })

  test('says of a healthy machine that it is healthy', async () => {
    putCase(caseDetail({ caseId: 'fine', analysis: healthy }), healthy)
    const page = await open('/cases/fine')
    await verdictOf(page).getByText('Healthy').waitFor()
    expect(await page.locator('.finding').count()).toBe(0)
  })

  test('fetches a long analysis from storage, where the API sends it', async () => {
    putCase(caseDetail({ caseId: 'long', analysis: depletion2008 }), depletion2008)
    portal.fake.cases.get('long')!.long = true
    const page = await open('/cases/long')
    await verdictOf(page).getByText('Culprit found').waitFor()
  })

  test('tells why a small dump cannot answer and what to collect instead', async () => {
    putCase(caseDetail({ caseId: 'small', analysis: triage }), triage)
    const page = await open('/cases/small')
    await verdictOf(page).getByText('Not determinable', { exact: true }).waitFor()
    await verdictOf(page).getByText('write a kernel memory dump').waitFor()
  })

  test('tells what a refused file is and what to do', async () => {
    putCase(caseDetail({ caseId: 'png', analysis: refusedPng }), refusedPng)
    const page = await open('/cases/png')
    await verdictOf(page).waitFor()
    const text = await verdictOf(page).innerText()
    for (const part of [
      'Not a dump that can be analysed',
      'PNG picture',
      'What to do',
      'Upload the memory dump itself',
    ])
      expect(text).toContain(part)
    expect(await page.getByRole('tab').allInnerTexts()).toEqual(['Dump'])
  })

  test('shows why a stage failed or was skipped', async () => {
    const stages = [
      stageRecord('header', 'd'),
      stageRecord('pool', 'd', { status: 'failed', note: 'It ran out of memory three times.' }),
      stageRecord('imports', 'd', { status: 'skipped', note: 'There was nothing to search for.' }),
    ]
    putCase(caseDetail({ caseId: 'broken', status: 'failed', stages }))
    const page = await open('/cases/broken', { expected: /status of 404/ })
    await page.getByText('The analysis could not be finished.').waitFor()
    expect(await stageText(page, 'pool')).toMatch(/Failed[\s\S]*ran out of memory/)
    expect(await stageText(page, 'imports')).toMatch(/Skipped[\s\S]*nothing to search for/)
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  test('keeps what it knows when the service goes away, and says so', async () => {
    putCase(caseDetail({ caseId: 'live', title: 'Live server' }))
    const page = await open('/cases/live', { expected: /status of 500/ })
    await page.getByText('The dump is being analysed.').waitFor()
    portal.fake.beforeApi = () => {
      throw new Refuse(500, 'The service is out of breath.')
    }
    await page.getByRole('alert').getByText('The service is out of breath.').waitFor()
    await page.getByText('The dump is being analysed.').waitFor()
    portal.fake.beforeApi = () => undefined
    await expect.poll(() => page.getByRole('alert').count(), { timeout: 20_000 }).toBe(0)
  })

  test('keeps the verdict on the page when a detail breaks it', async () => {
    const broken = { ...depletion2008, importers: null as never }
    putCase(caseDetail({ caseId: 'broken', analysis: depletion2008 }), broken)
    const page = await open('/cases/broken?tab=importers', { expected: /null|error/i })
    await page.getByText('The details cannot be shown').waitFor()
    await verdictOf(page).getByText('Culprit found').waitFor()
  })

  test('says that a case does not exist', async () => {
    const page = await open('/cases/nosuch', { expected: /status of 404/ })
    await page.getByRole('heading', { name: 'There is no such case' }).waitFor()
    await page.goto(`${portal.fake.origin}/somewhere/else`)
    await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor()
  })

  test('shows hostile names as text', async () => {
    const title = '<img src=x onerror="document.title=1"> & <script>alert(1)</script>'
    const detail = caseDetail({ caseId: 'evil', title, fileName: '<b>x</b>\u202Egnp.dmp', analysis: hostile })
    putCase(detail, hostile)
    const page = await open('/cases/evil')
    await verdictOf(page).waitFor()
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(title)
    await page.getByText('<b>x</b>\\u{202e}gnp.dmp').waitFor()
    expect(await verdictOf(page).innerText()).toContain('<img src=x onerror=alert(1)>\\u{202e}sys.evil\\x00.sys')
    expect(await page.locator('main img, main script, main b').count()).toBe(0)
    for (const tab of ['pool', 'modules', 'importers', 'transcript', 'dump']) {
      await page.goto(`${portal.fake.origin}/cases/evil?tab=${tab}`)
      await page.getByRole('tabpanel').first().waitFor()
      expect(await page.locator('main img, main script').count()).toBe(0)
      expect(await page.locator('main').innerText()).not.toMatch(/[\u202E\0]/)
    }
    await page.goto(`${portal.fake.origin}/`)
    await page.getByRole('link', { name: title }).waitFor()
  })

  test('offers to scan all pages where they were not, says what it takes, and follows it', async () => {
    putCase(caseDetail({ caseId: 'large', analysis: sampled }), sampled)
    const page = await open('/cases/large')
    await page.getByRole('button', { name: 'Scan all pages' }).click()
    const dialog = page.getByRole('dialog', { name: 'Scan all pages' })
    await dialog.getByText('about $0.021').waitFor()
    expect(await dialog.innerText()).toMatch(/about 1 min 12 s[\s\S]*32.0 GiB\s*in 16 parts/)
    await dialog.getByRole('button', { name: 'Scan all pages' }).click()
    await page.getByText('3 of 16 parts are done.').waitFor()
    expect(await page.getByRole('button', { name: 'Scan all pages' }).count()).toBe(0)

    putCase(caseDetail({ caseId: 'large', analysis: depletion2008 }), depletion2008)
    await verdictOf(page).getByText('Culprit found').waitFor()
    expect(await page.getByText('All pages are being scanned').count()).toBe(0)
  })

  test('offers no scan where all was scanned, and none to who may not ask for it', async () => {
    const page = await openSolved()
    await verdictOf(page).waitFor()
    expect(await page.getByRole('button', { name: 'Scan all pages' }).count()).toBe(0)
    putCase(caseDetail({ caseId: 'large', analysis: sampled }), sampled)
    const other = await open('/cases/large', { as: 'Vic Viewer' })
    await verdictOf(other).waitFor()
    expect(await other.getByRole('button', { name: 'Scan all pages' }).count()).toBe(0)
  })

  test('a form that opens takes the focus, so that typing goes on without the mouse', async () => {
    const page = await openSolved()
    await page.getByRole('button', { name: 'Edit details' }).click()
    await page.getByLabel('Title').and(page.locator(':focus')).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'New upload link' }).click()
    await page.getByLabel('Your company’s name').and(page.locator(':focus')).waitFor()
  })

  test('fits a phone, and says the answer before what can be done with it', async () => {
    const page = await openSolved('', { viewport: { width: 420, height: 900 } })
    await verdictOf(page).waitFor()
    const headline = await page.locator('.headline').boundingBox()
    const copy = await page.getByRole('button', { name: 'Copy for a ticket' }).boundingBox()
    expect(headline!.y + headline!.height).toBeLessThan(copy!.y)
    for (const tab of ['memory', 'pool', 'modules', 'transcript', 'dump']) {
      await page.goto(`${portal.fake.origin}/cases/solved?tab=${tab}`)
      await page.getByRole('tabpanel').first().waitFor()
      expect(await sidewaysScroll(page), tab).toBe(0)
    }
    // A wide table scrolls in its place, and what a row is about stays in sight.
    await page.goto(`${portal.fake.origin}/cases/solved?tab=pool`)
    const cells = page.getByRole('tabpanel').locator('tbody tr').first().locator('th, td')
    await cells.last().scrollIntoViewIfNeeded()
    expect((await cells.first().boundingBox())!.x).toBeGreaterThanOrEqual(0)
  })
})
