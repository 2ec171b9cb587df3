import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { caseDetail } from './fixtures/case-details.ts'
import { healthy } from './fixtures/other-verdicts.ts'
import { portalUnderTest, sidewaysScroll } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

describe.skipIf(noChromium)('what people do to a case', () => {
  const portal = portalUnderTest()
  const { open, putCase } = portal
  const put = (about: object = {}) =>
    putCase(caseDetail({ caseId: 'a', title: 'Payroll server', analysis: healthy, about }), healthy)

  test('a case is opened before its dump has come, and says that it waits for one', async () => {
    const page = await open('/')
    await page.getByRole('link', { name: 'Case without a dump' }).click()
    await page.getByRole('button', { name: 'Open the case' }).click()
    await page.getByRole('alert').getByText('A case needs a title.').waitFor()
    await page.getByLabel('Title').fill('Payroll hangs')
    await page.getByLabel('Customer').fill('Contoso')
    await page.getByLabel('Labels').fill('urgent, pool')
    await page.getByRole('button', { name: 'Add a ticket' }).click()
    await page.getByLabel('Name of ticket 1').fill('INC-1')
    await page.getByLabel('Address of ticket 1').fill('javascript:alert(1)')
    await page.getByRole('button', { name: 'Open the case' }).click()
    await page.getByRole('alert').getByText('is not a web address').waitFor()
    await page.getByLabel('Address of ticket 1').fill('https://tickets.example/INC-1')
    await page.getByRole('button', { name: 'Open the case' }).click()
    await page.getByRole('heading', { name: 'Payroll hangs' }).waitFor()
    await page.getByText('This case has no dump yet.').waitFor()
    const ticket = page.getByRole('link', { name: 'INC-1' })
    expect(await ticket.getAttribute('href')).toBe('https://tickets.example/INC-1')
    expect(await ticket.getAttribute('rel')).toContain('noopener')
    const [{ detail }] = [...portal.fake.cases.values()]
    expect(detail.case).toMatchObject({ customer: 'Contoso', labels: ['urgent', 'pool'] })
  })

  test('details are changed; of two who do so at once the second is told, and loses nothing typed', async () => {
    put({ customer: 'Contoso' })
    const page = await open('/cases/a', { expected: /status of 409/ })
    await page.getByRole('button', { name: 'Edit details' }).click()
    await page.getByLabel('Host').fill('PAY-01')
    await page.getByRole('button', { name: 'Me', exact: true }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.locator('.case-facts').getByText('PAY-01').waitFor()
    expect(await page.locator('.case-facts').innerText()).toMatch(/Contoso[\s\S]*PAY-01[\s\S]*You/)
    await page.getByRole('button', { name: 'Edit details' }).click()
    const known = portal.fake.cases.get('a')!
    known.detail.case = { ...known.detail.case, revision: 7, host: 'PAY-02' }
    await page.getByLabel('Description').fill('A long text.')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('alert').getByText('Somebody else changed this case meanwhile.').waitFor()
    expect(await page.getByLabel('Description').inputValue()).toBe('A long text.')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.locator('.case-facts').getByText('PAY-02').waitFor()
  })

  test('notes are written, changed and removed; the history tells it', async () => {
    put()
    const page = await open('/cases/a')
    const notes = page.getByRole('region', { name: 'Notes' })
    await notes.getByText('No notes yet.').waitFor()
    await notes.getByLabel('Write a note').fill('Asked for a kernel dump.\n<b>Not bold.</b>')
    await page.keyboard.press('Control+Enter')
    await notes.getByText(/^Asked for a kernel dump\.\n<b>Not bold\.<\/b>$/).waitFor()
    await expect.poll(() => notes.getByLabel('Write a note').inputValue()).toBe('')
    await notes.getByRole('button', { name: 'Edit' }).click()
    await notes.getByLabel('Change this note').fill('Asked again.')
    await notes.getByRole('button', { name: 'Save note' }).click()
    await notes.getByText('Asked again.').waitFor()
    await notes.getByText('edited', { exact: true }).waitFor()
    await notes.getByRole('button', { name: 'Remove' }).click()
    await notes.getByRole('button', { name: 'Yes, remove' }).click()
    await notes.getByText('This note was removed').waitFor()
    await page.locator('summary').getByText('History').click()
    await page.locator('.timeline').getByText('A note was removed.').waitFor()
    expect(await page.locator('.timeline li').count()).toBe(2)
  })

  test('a note that cannot be saved stays as it was typed', async () => {
    put()
    const page = await open('/cases/a', { expected: /status of 503/ })
    const notes = page.getByRole('region', { name: 'Notes' })
    await notes.getByText('No notes yet.').waitFor()
    portal.fake.beforeApi = (method) => {
      if (method === 'POST') throw new Refuse(503, 'The service is busy. Please try again.')
    }
    await notes.getByLabel('Write a note').fill('Precious.')
    await notes.getByRole('button', { name: 'Add note' }).click()
    await notes.getByRole('alert').getByText('The service is busy.').waitFor()
    expect(await notes.getByLabel('Write a note').inputValue()).toBe('Precious.')
  })

  test('a case is closed and opened again', async () => {
    put()
    const page = await open('/cases/a')
    await page.getByRole('button', { name: 'Close case' }).click()
    await page.locator('.closed-mark').waitFor()
    await page.getByRole('button', { name: 'Reopen' }).click()
    await page.getByRole('button', { name: 'Close case' }).waitFor()
    expect(await page.locator('.closed-mark').count()).toBe(0)
  })

  test('fits a phone, with the form open', async () => {
    put({ customer: 'C'.repeat(120), labels: ['a'.repeat(50)], description: 'x'.repeat(300) })
    const page = await open('/cases/a', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' })
    await page.getByRole('region', { name: 'Notes' }).getByText('No notes yet.').waitFor()
    expect(await sidewaysScroll(page)).toBe(0)
    await page.getByRole('button', { name: 'Edit details' }).click()
    await page.getByRole('button', { name: 'Add a ticket' }).click()
    expect(await sidewaysScroll(page)).toBe(0)
  })
})
