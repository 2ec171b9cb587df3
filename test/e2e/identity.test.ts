import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { caseDetail } from './fixtures/case-details.ts'
import { healthy } from './fixtures/other-verdicts.ts'
import { portalUnderTest } from './portal-under-test.ts'
import { signIn } from './sign-in.ts'

describe.skipIf(noChromium)('signing in', () => {
  const portal = portalUnderTest({ accessTokenSeconds: 22 })
  const { open, putCase } = portal
  const known = () => putCase(caseDetail({ caseId: 'known', title: 'Known server', analysis: healthy }), healthy)

  test('leads to the page that was asked for, and says who is signed in', async () => {
    known()
    const page = await open('/cases/known?tab=memory', { as: 'Emma Engineer' })
    await page.getByRole('heading', { name: 'Known server' }).waitFor()
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/cases/known?tab=memory')
    expect(await page.locator('.account').innerText()).toMatch(/Emma Engineer\s+engineer · default/)
  })

  test('leaves no token where a later page or script finds it', async () => {
    const page = await open('/')
    const kept = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')
    expect(kept).toBe('[{},{},""]')
    expect(page.url()).not.toContain('code')
  })

  test('once is enough for a reload and for another tab', async () => {
    known()
    const page = await open('/', { as: 'Leo Lead' })
    await page.reload()
    await page.getByText('Leo Lead').waitFor()
    const other = await page.context().newPage()
    await other.goto(`${portal.fake.origin}/cases/known`)
    await other.getByRole('heading', { name: 'Known server' }).waitFor()
    expect(await other.getByText('Leo Lead').count()).toBe(1)
  })

  test('shows a viewer nothing that a viewer may not do', async () => {
    const page = await open('/', { as: 'Vic Viewer' })
    await page.getByRole('heading', { name: 'No cases yet' }).waitFor()
    expect(await page.getByRole('link', { name: /New case|Upload a dump/ }).count()).toBe(0)
    await page.goto(`${portal.fake.origin}/upload`)
    await page.getByText('You are signed in as viewer.').waitFor()
    expect(await page.locator('input[type=file]').count()).toBe(0)
  })

  test('is renewed without the person while a page is open', async () => {
    const page = await open('/')
    await page.getByRole('heading', { name: 'No cases yet' }).waitFor()
    // Tokens are good for two seconds here, beyond the reserve.
    await page.waitForTimeout(2500)
    known()
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByRole('link', { name: 'Known server' }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  test('that has ended is asked for in a window of its own, and the page stays as it is', async () => {
    const page = await open('/upload', { expected: /status of 4\d\d/ })
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.dmp', mimeType: '', buffer: Buffer.from('PAGEDUMP') })
    await page.getByLabel('Case title').fill('Typed before it ended')
    const endedAt = Date.now() / 1000
    portal.fake.accepts = ({ iat }) => iat > endedAt
    await portal.fake.endSessions()
    await page.waitForTimeout(1100)
    await page.getByRole('button', { name: /^Upload/ }).click()
    await page.getByRole('dialog', { name: 'Your sign-in has ended' }).waitFor()
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('button', { name: 'Sign in again' }).click(),
    ])
    await popup.getByRole('button', { name: 'Ada Admin' }).click()
    await page.getByRole('heading', { name: 'Typed before it ended' }).waitFor()
    expect(popup.isClosed()).toBe(true)
  })

  test('ends with signing out, also in the other tabs', async () => {
    const page = await open('/', { as: 'Emma Engineer' })
    const other = await page.context().newPage()
    await other.goto(portal.fake.origin)
    await other.getByText('Emma Engineer').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await other.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await other.getByRole('link', { name: 'Sign in' }).click()
    await signIn(other, 'Vic Viewer')
    expect(await other.getByText('Vic Viewer').count()).toBe(1)
  })
})
