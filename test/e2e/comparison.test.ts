import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { caseDetail } from './fixtures/case-details.ts'
import { depletion2008 } from './fixtures/depletion-2008.ts'
import { growingServer } from './fixtures/growing-server.ts'
import { portalUnderTest, sidewaysScroll } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

describe.skipIf(noChromium)('the page of a comparison', () => {
  const portal = portalUnderTest()
  const { open } = portal
  const openGrowing = async (options = {}) => {
    portal.fake.cases.set('growing', growingServer())
    const page = await open('/cases/growing/compare', options)
    await page.getByRole('region', { name: 'Result' }).waitFor()
    return page
  }

  test('says first what grew, then shows it as a picture and as figures', async () => {
    const page = await openGrowing()
    const result = await page.getByRole('region', { name: 'Result' }).innerText()
    expect(result).toContain('2 tags grow')
    expect(result).toContain('Thre in NonPagedPool grew from 68,680,560')
    await page.locator('.growth-plot canvas').waitFor()
    const key = page.locator('.plot-key')
    expect(await key.allInnerTexts()).toEqual(['Thre 103 MiB', 'Even 9.39 MiB'])
    const row = await page.getByRole('row', { name: /Thre/ }).first().innerText()
    for (const part of ['Grows', '68,680,560', '107,940,144', '+37.4 MiB', '+63,840 blocks', 'Even'])
      expect(row).toContain(part)
  })

  test('draws what is ticked, in bytes or in blocks', async () => {
    const page = await openGrowing()
    const key = page.locator('.plot-key')
    await key.first().waitFor()
    const isDrawn = () =>
      page.evaluate(
        "(() => { const c = document.querySelector('.growth-plot canvas'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((byte) => byte !== 0) })()",
      )
    await expect.poll(isDrawn).toBe(true)
    await page.getByRole('checkbox', { name: 'Plot Even' }).click()
    await expect.poll(() => key.allInnerTexts()).toEqual(['Thre 103 MiB'])
    await page.getByPlaceholder('Find tags').fill('MmCm')
    await page.getByRole('checkbox', { name: 'Plot MmCm' }).click()
    await expect.poll(() => key.count()).toBe(2)
    await page.getByLabel('Show').selectOption('outstanding')
    await expect.poll(() => key.first().innerText()).toBe('Thre 173,905')
    await expect.poll(isDrawn).toBe(true)
  })

  test('can be narrowed to the tags that grow', async () => {
    const page = await openGrowing()
    await page.getByLabel('Which tags').selectOption('Growing tags')
    await expect.poll(() => page.locator('.growth tbody tr').count()).toBe(2)
  })

  test('is of the dumps that are ticked, and the address keeps the choice', async () => {
    const page = await openGrowing()
    const asked: string[] = []
    page.on('request', (request) => asked.push(decodeURIComponent(request.url())))
    await page.getByRole('checkbox', { name: /MEMORY-day1/ }).click()
    await expect
      .poll(() => asked.some((url) => url.endsWith('comparison?dumps=growing-d1,growing-d3,growing-d4')))
      .toBe(true)
    expect(decodeURIComponent(page.url())).toContain('dumps=growing-d1,growing-d3,growing-d4')
    await page.getByRole('checkbox', { name: /MEMORY-day4/ }).click()
    // Two are the fewest.
    await expect.poll(() => page.getByRole('checkbox', { name: /MEMORY-day0/ }).isDisabled()).toBe(true)
  })

  test('says when each dump was taken and what lies between', async () => {
    const page = await openGrowing()
    const row = await page.getByRole('row', { name: /3. MEMORY-day4/ }).innerText()
    for (const part of ['2008-12-16 08:00:00 UTC', '24 days 20 h', '3 days', 'complete']) expect(row).toContain(part)
  })

  test('leads back to the case, and says why there is nothing to compare', async () => {
    const detail = caseDetail({ caseId: 'one', title: 'One dump', analysis: depletion2008 })
    portal.fake.cases.set('one', { detail, analysis: depletion2008 })
    const page = await open('/cases/one/compare', { expected: /status of 409/ })
    await page.getByRole('alert').getByText('takes two analysed dumps').waitFor()
    await page.getByRole('link', { name: 'One dump' }).click()
    await page.waitForURL('**/cases/one')
    portal.fake.beforeApi = (_, path) => {
      if (path.endsWith('comparison')) throw new Refuse(500, 'Out of breath.')
    }
    const other = await open('/cases/one/compare', { expected: /status of/ })
    await other.getByText('Out of breath.').waitFor()
    portal.fake.beforeApi = () => undefined
  })

  test('fits a phone', async () => {
    const page = await openGrowing({ viewport: { width: 420, height: 900 } })
    await page.locator('.growth-plot canvas').waitFor()
    expect(await sidewaysScroll(page)).toBe(0)
  })
})
