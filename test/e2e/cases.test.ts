import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { caseDetail } from './fixtures/case-details.ts'
import { depletion2008, guidDriver } from './fixtures/depletion-2008.ts'
import { healthy, suspects } from './fixtures/other-verdicts.ts'
import { portalUnderTest, sidewaysScroll } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

describe.skipIf(noChromium)('finding cases', () => {
  const portal = portalUnderTest()
  const { open, putCase } = portal
  const seed = () => {
    const solved = {
      signature: 'sig1_a',
      tag: 'None',
      bugcheck: { code: '0xd1', name: 'DRIVER_IRQL_NOT_LESS_OR_EQUAL' },
    }
    const put = (caseId: string, title: string, minutesAgo: number, analysis: typeof healthy, about: object) =>
      putCase(caseDetail({ caseId, title, minutesAgo, analysis, caseStatus: 'done', about }), analysis)
    put('a', 'Payroll server', 5, depletion2008, { ...solved, customer: 'Contoso', host: 'PAY-01', labels: ['urgent'] })
    put('b', 'Mail server', 50, depletion2008, { ...solved, customer: 'Fabrikam', assignee: 'someone' })
    put('c', 'Web server', 500, suspects, { customer: 'Contoso', closedAt: new Date().toISOString() })
    put('d', 'Print server', 5000, healthy, {})
  }
  const titles = (page: Awaited<ReturnType<typeof open>>) => page.locator('tbody th a').allInnerTexts()

  test('a search narrows the list, stands in the address, and survives a reload and the way back', async () => {
    seed()
    const page = await open('/')
    await page.getByRole('link', { name: 'Print server' }).waitFor()
    await page.getByRole('searchbox', { name: 'Search cases' }).fill('cont serv')
    await expect.poll(() => titles(page)).toEqual(['Payroll server', 'Web server'])
    expect(new URL(page.url()).search).toBe('?text=cont+serv')
    await page.reload()
    await page.getByRole('link', { name: 'Web server' }).waitFor()
    expect(await titles(page)).toEqual(['Payroll server', 'Web server'])
    expect(await page.getByRole('searchbox').inputValue()).toBe('cont serv')
    await page.getByRole('link', { name: 'Web server' }).click()
    await page.getByRole('heading', { name: 'Web server' }).waitFor()
    await page.goBack()
    await expect.poll(() => titles(page)).toEqual(['Payroll server', 'Web server'])
  })

  test('filters are added and taken away one by one, by keyboard', async () => {
    seed()
    const page = await open('/')
    await page.getByRole('link', { name: 'Print server' }).waitFor()
    await page.getByRole('button', { name: 'Add filter' }).press('Enter')
    await page.getByLabel('What to filter by').selectOption('Verdict')
    await page.getByLabel('Verdict', { exact: true }).selectOption('Culprit found')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Add', exact: true }).press('Enter')
    await expect.poll(() => titles(page)).toEqual(['Payroll server', 'Mail server'])
    await page.getByRole('button', { name: 'Add filter' }).click()
    await page.getByLabel('What to filter by').selectOption('Host')
    await page.getByLabel('Host', { exact: true }).fill('pay-01')
    await page.keyboard.press('Enter')
    await expect.poll(() => titles(page)).toEqual(['Payroll server'])
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({ verdict: 'culprit', host: 'pay-01' })
    await page.getByRole('button', { name: 'Remove the filter Verdict: Culprit found' }).press('Enter')
    await page.getByRole('button', { name: 'Remove the filter Host: pay-01' }).press('Enter')
    await expect.poll(() => titles(page)).toHaveLength(4)
  })

  test('views show what is open, whose it is, and what is closed', async () => {
    seed()
    const page = await open('/')
    const views = page.getByRole('navigation', { name: 'Views' })
    await views.getByRole('link', { name: 'Closed' }).click()
    await expect.poll(() => titles(page)).toEqual(['Web server'])
    expect(await page.locator('tbody tr').innerText()).toContain('Closed')
    expect(await views.locator('[aria-current=page]').innerText()).toBe('Closed')
    await views.getByRole('link', { name: 'Nobody’s' }).click()
    await expect.poll(() => titles(page)).toEqual(['Payroll server', 'Print server'])
    await views.getByRole('link', { name: 'Mine' }).click()
    await page.getByRole('heading', { name: 'No case matches' }).waitFor()
    await page.getByRole('button', { name: 'Show all cases' }).click()
    await expect.poll(() => titles(page)).toHaveLength(4)
  })

  test('cases of one cause are counted, and lead to each other', async () => {
    seed()
    const page = await open('/?view=causes')
    const row = page.getByRole('row').filter({ hasText: guidDriver })
    await row.waitFor()
    expect(await row.innerText()).toContain('DRIVER_IRQL_NOT_LESS_OR_EQUAL')
    await row.getByRole('link', { name: '2 cases' }).click()
    await page.getByText('2 cases of this cause').waitFor()
    expect(await titles(page)).toEqual(['Payroll server', 'Mail server'])
    await page.getByRole('link', { name: 'Mail server' }).click()
    await page.getByRole('link', { name: 'Cases of this cause' }).click()
    await page.getByText('2 cases of this cause').waitFor()
  })

  test('a search that the service ended early says so and goes on when asked', async () => {
    seed()
    const page = await open('/')
    await page.getByRole('link', { name: 'Print server' }).waitFor()
    let asked = 0
    await page.route('**/api/cases?*', async (route) => {
      const response = await route.fetch()
      const body = asked++ === 0 ? { cases: [], nextCursor: '0', partial: true } : await response.json()
      await route.fulfill({ response, json: body })
    })
    await page.getByRole('searchbox').fill('server')
    await page.getByText('The search has not been through all cases yet; none so far matches.').waitFor()
    await page.getByRole('button', { name: 'Search further' }).click()
    await expect.poll(() => titles(page)).toHaveLength(4)
    expect(await page.getByText('not been through').count()).toBe(0)
  })

  test('trouble is told in the service’s words, and a list that was shown stays', async () => {
    seed()
    const page = await open('/', { expected: /status of 400/ })
    await page.getByRole('link', { name: 'Print server' }).waitFor()
    portal.fake.beforeApi = (_method, path) => {
      if (path === '/api/cases') throw new Refuse(400, 'from: Invalid ISO date.')
    }
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('from: Invalid ISO date.').waitFor()
    expect(await titles(page)).toHaveLength(4)
  })

  test.each(['/', '/?view=causes', '/?signature=sig1_a&customer=Contoso&label=urgent'])(
    '%s fits a phone, light and dark',
    async (path) => {
      seed()
      const page = await open(path, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' })
      await page.locator('tbody tr').first().waitFor()
      await page
        .getByRole('button', { name: 'Add filter' })
        .click({ timeout: 2000 })
        .catch(() => undefined)
      expect(await sidewaysScroll(page)).toBe(0)
    },
  )
})
