import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { troubledOperations } from './fixtures/operations-trouble.ts'
import { gate, portalUnderTest, sidewaysScroll } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

describe.skipIf(noChromium)('the operations page', () => {
  const portal = portalUnderTest()
  const { open } = portal

  test('says what is wrong first, and leads to it', async () => {
    portal.fake.operations = troubledOperations()
    const page = await open('/operations', { as: 'Leo Lead' })
    const standing = page.getByRole('region', { name: 'How it stands' })
    await standing.getByText('Something is wrong').waitFor()
    expect(await standing.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringContaining('4 dead letters of Header.'),
      expect.stringContaining('1 dead letter of Scan.'),
      expect.stringContaining('2 stages failed unexpectedly in the last 24 hours.'),
      expect.stringContaining('1 analysis at one stage for more than 30 min.'),
      expect.stringContaining('An analysis waits for more than 10 min in Header, lane interactive.'),
      expect.stringContaining('1 stage could not be done on its dump in the last 24 hours.'),
    ])
    await standing.getByRole('link', { name: '4 dead letters of Header.' }).click()
    expect(new URL(page.url()).hash).toBe('#dead-letters')
    const letters = page.getByRole('table', { name: 'Dead letters of Header' })
    await letters.getByRole('link', { name: 'SRV-DB-04 stops answering every three weeks' }).waitFor()
    await letters.getByText('S3 answered 503 (SlowDown) each time.').first().waitFor()
    await page.getByText('1 more is of other tenants, or cannot be read.').waitFor()
    expect(await page.getByRole('table', { name: 'Failures, newest first' }).getByRole('row').count()).toBe(4)
  })

  test('sends dead letters again after asking, and shows how far that is, with the keyboard alone', async () => {
    portal.fake.operations = troubledOperations()
    const page = await open('/operations', { as: 'Leo Lead' })
    const button = page.getByRole('button', { name: 'Send again: dead letters of Header' })
    await button.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Send 4 dead letters of Header again?' })
    await dialog.getByText('1 of those that are listed will do nothing').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(portal.fake.operations.redrives).toHaveLength(1)
    await button.focus()
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'Send again', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Being sent again: 0 of 4 so far').waitFor()
    await page.getByText('Sent again before').click()
    await page.getByText('The dead letters of header were sent again: about 4.').waitFor()
    const header = portal.fake.operations.deadLetters.find(({ queue }) => queue === 'header')!
    Object.assign(header, { messages: 0, move: { ...header.move, status: 'completed', moved: 4 } })
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('Sent again: 4 of 4').waitFor()
    expect(await button.count()).toBe(0)
  })

  test('says why dead letters could not be sent, and keeps asking', async () => {
    portal.fake.operations = troubledOperations()
    const page = await open('/operations', { expected: /status of 409/ })
    await page.getByRole('button', { name: 'Send again: dead letters of Header' }).click()
    portal.fake.beforeApi = (method) => {
      if (method === 'POST') throw new Refuse(409, 'The dead letters of header are being sent again already.')
    }
    await page.getByRole('dialog').getByRole('button', { name: 'Send again', exact: true }).click()
    await page.getByText('are being sent again already').waitFor()
  })

  test('of a system where nothing happened says so in each part', async () => {
    const page = await open('/operations')
    await page.getByText('Nothing is wrong').waitFor()
    for (const text of ['Nothing runs at the moment.', 'All queues are empty.', 'Nothing was spent.'])
      await page.getByText(text).waitFor()
    expect(await page.getByText('None.').count()).toBe(2)
  })

  test('shows the parts that it could load, and does not call the rest right', async () => {
    portal.fake.beforeApi = (_, path) => {
      if (path.endsWith('/queues')) throw new Refuse(503, 'SQS did not answer.')
    }
    const page = await open('/operations', { expected: /status of 503/ })
    await page.getByText('Not everything is known').waitFor()
    await page.getByText('Could not be loaded: queues and dead letters.').waitFor()
    expect(await page.getByText('Nothing is wrong').count()).toBe(0)
    await page.getByText('Nothing runs at the moment.').waitFor()
    portal.fake.beforeApi = () => undefined
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await page.getByText('Nothing is wrong').waitFor()
  })

  test('is not empty while it loads, and stands still when it is loaded again', async () => {
    portal.fake.operations = troubledOperations()
    const held = gate()
    portal.fake.beforeApi = () => held.passed
    const page = await open('/operations')
    await page.getByText('Loading how it stands').waitFor()
    held.open()
    await page.getByText('Something is wrong').waitFor()
    const again = gate()
    portal.fake.beforeApi = () => again.passed
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.waitForTimeout(200)
    expect(await page.getByText('4 dead letters of Header.').count()).toBe(1)
    expect(await page.getByText(/^Loading/).count()).toBe(0)
    again.open()
  })

  test('reads older failures when asked', async () => {
    portal.fake.operations = troubledOperations()
    const [one] = portal.fake.operations.failures
    portal.fake.operations.failures = Array.from({ length: 40 }, (_, number) => ({ ...one, analysisId: `a${number}` }))
    const page = await open('/operations')
    await page.getByText('At least 25 stages failed').waitFor()
    await page.getByRole('button', { name: 'Show older failures' }).click()
    const rows = page.getByRole('table', { name: 'Failures, newest first' }).getByRole('row')
    await page.getByRole('button', { name: 'Show older failures' }).waitFor({ state: 'detached' })
    expect(await rows.count()).toBe(41)
  })

  test('fits a phone, and is for leads alone', async () => {
    portal.fake.operations = troubledOperations()
    const page = await open('/operations', { viewport: { width: 360, height: 740 } })
    await page.getByText('Something is wrong').waitFor()
    expect(await sidewaysScroll(page)).toBe(0)
    // Two durations, one under the other, without the heads of their columns.
    const shown = await page.evaluate(
      "[...document.querySelectorAll('#running tbody tr:first-child td')].map((cell) => getComputedStyle(cell, '::before').content)",
    )
    expect(shown).toEqual(['none', '"At this stage for "', '"Altogether "'])
    const engineer = await open('/operations', { as: 'Emma Engineer' })
    await engineer.getByText('You may not do this').waitFor()
    expect(await engineer.getByRole('link', { name: 'Operations' }).count()).toBe(0)
  })
})
