import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { caseDetail } from './fixtures/case-details.ts'
import { depletion2008, guidDriver } from './fixtures/depletion-2008.ts'
import { healthy, suspects } from './fixtures/other-verdicts.ts'
import { gate, portalUnderTest, sidewaysScroll } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

describe.skipIf(noChromium)('the list of cases', () => {
  const portal = portalUnderTest()
  const { open, putCase } = portal

  test('when there is none, it says what to do and leads there', async () => {
    const page = await open('/')
    await page.getByRole('heading', { name: 'No cases yet' }).waitFor()
    await page.getByRole('link', { name: 'Upload a dump' }).click()
    await page.getByRole('heading', { name: 'New case' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/upload')
  })

  test('shows the newest first, each with its verdict, headline, driver and age', async () => {
    putCase(caseDetail({ caseId: 'old', title: 'Old server', analysis: healthy, minutesAgo: 3000 }), healthy)
    putCase(caseDetail({ caseId: 'new', title: 'New server', analysis: depletion2008, minutesAgo: 7 }), depletion2008)
    putCase(caseDetail({ caseId: 'mid', title: 'Mid server', analysis: suspects, minutesAgo: 90 }), suspects)
    const page = await open('/')
    const rows = page.locator('tbody tr')
    await rows.nth(2).waitFor()
    const texts = await rows.allInnerTexts()
    expect(texts.map((text) => text.match(/\w+ server/)?.[0])).toEqual(['New server', 'Mid server', 'Old server'])
    for (const part of ['Culprit found', depletion2008.headline, guidDriver, '7 min ago'])
      expect(texts[0]).toContain(part)
    expect(texts[1]).toContain('Suspects')
    // One name of several must not read as the answer.
    expect(texts[1]).toContain('likeliest suspect')
    expect(texts[0]).not.toContain('likeliest suspect')
    expect(texts[2]).toContain('Healthy')
    expect(await page.title()).toBe('Cases · dumpline')
    await page.getByRole('link', { name: 'Mid server' }).click()
    await page.getByRole('heading', { name: 'Mid server' }).waitFor()
  })

  test('says that it loads', async () => {
    const answer = gate()
    portal.fake.beforeApi = () => answer.passed
    const page = await open('/')
    await page.getByText('Loading cases').waitFor()
    await page.getByText('It takes longer than usual.').waitFor()
    answer.open()
    await page.getByRole('heading', { name: 'No cases yet' }).waitFor()
  })

  test('says what is wrong in the service’s words, and recovers when asked', async () => {
    putCase(caseDetail({ caseId: 'a', title: 'Some server', analysis: healthy }), healthy)
    portal.fake.beforeApi = () => {
      throw new Refuse(403, 'You may not list cases.')
    }
    const page = await open('/', { expected: /status of 403/ })
    await page.getByRole('alert').getByText('You may not list cases.').waitFor()
    portal.fake.beforeApi = () => undefined
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('link', { name: 'Some server' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  test('recovers by itself from a service that was away for a moment', async () => {
    let refusals = 2
    portal.fake.beforeApi = () => {
      if (refusals-- > 0) throw new Refuse(503, 'Back in a moment.')
    }
    const page = await open('/', { expected: /status of 503/ })
    await page.getByText('Back in a moment.').waitFor()
    await page.getByRole('heading', { name: 'No cases yet' }).waitFor()
  })

  test('follows a case until it has its verdict, then stops asking', async () => {
    putCase(caseDetail({ caseId: 'a', title: 'Waiting server' }))
    const page = await open('/')
    await page.getByText('No verdict yet').waitFor()
    putCase(caseDetail({ caseId: 'a', title: 'Waiting server', analysis: depletion2008 }), depletion2008)
    await page.getByText('Culprit found').waitFor()
    let asked = 0
    portal.fake.beforeApi = () => {
      asked++
    }
    await page.waitForTimeout(2500)
    expect(asked).toBe(0)
  })

  test('says of each case without a verdict how far it is, and does not wait for one that failed', async () => {
    putCase(caseDetail({ caseId: 'e', title: 'Empty', caseStatus: 'failed', status: 'failed' }))
    const page = await open('/')
    await page.getByText('Analysis failed', { exact: true }).waitFor()
    let asked = 0
    portal.fake.beforeApi = () => {
      asked++
    }
    await page.waitForTimeout(2500)
    expect(asked).toBe(0)
    portal.fake.beforeApi = () => {}
    putCase(caseDetail({ caseId: 'f', title: 'Empty', caseStatus: 'empty' }))
    putCase(caseDetail({ caseId: 'g', title: 'Running', caseStatus: 'analysing' }))
    await page.reload()
    await page.getByText('No dump yet', { exact: true }).waitFor()
    await page.getByText('Analysing', { exact: true }).waitFor()
  })

  test('shows older cases when asked', async () => {
    for (let index = 0; index < 60; index++)
      putCase(
        caseDetail({ caseId: `c${index}`, title: `server ${index}`, analysis: healthy, minutesAgo: index }),
        healthy,
      )
    const page = await open('/')
    await page.getByRole('link', { name: 'server 49' }).waitFor()
    expect(await page.locator('tbody tr').count()).toBe(50)
    await page.getByRole('button', { name: 'Show older cases' }).click()
    await page.getByRole('link', { name: 'server 59' }).waitFor()
    expect(await page.locator('tbody tr').count()).toBe(60)
    expect(await page.getByRole('button', { name: 'Show older cases' }).count()).toBe(0)
  })

  test('fits a phone, and follows the system into the dark', async () => {
    putCase(caseDetail({ caseId: 'a', title: 'Server', analysis: depletion2008 }), depletion2008)
    const page = await open('/', { viewport: { width: 420, height: 900 }, colorScheme: 'dark' })
    await page.getByText(guidDriver, { exact: true }).waitFor()
    expect(await sidewaysScroll(page)).toBe(0)
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const dark = await background()
    await page.emulateMedia({ colorScheme: 'light' })
    await expect.poll(background).not.toBe(dark)
  })

  test('is reached by keyboard: skip link, then cases', async () => {
    putCase(caseDetail({ caseId: 'a', title: 'Server by keys', analysis: healthy }), healthy)
    const page = await open('/')
    await page.getByRole('link', { name: 'Server by keys' }).waitFor()
    await page.keyboard.press('Tab')
    const focused = () => page.evaluate('document.activeElement.textContent')
    expect(await focused()).toBe('Skip to content')
    await page.keyboard.press('Enter')
    for (let presses = 0; presses < 20 && (await focused()) !== 'Server by keys'; presses++)
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Server by keys' }).waitFor()
  })

  test('needs less than 250 KB of compressed script', async () => {
    const page = await open('/')
    await page.getByRole('heading', { name: 'No cases yet' }).waitFor()
    const urls = await page.evaluate<string[]>("performance.getEntriesByType('resource').map(({ name }) => name)")
    const scripts = [...new Set(urls.map((url) => new URL(url).pathname))].filter((path) => path.endsWith('.js'))
    const sizes = scripts.map((path) => gzipSync(readFileSync(join(portal.folder, path))).length)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    expect(total).toBeGreaterThan(50_000)
    expect(total).toBeLessThan(250_000)
  })
})
