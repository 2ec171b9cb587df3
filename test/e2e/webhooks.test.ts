import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { someWebhooks } from './fixtures/webhooks.ts'
import { portalUnderTest, sidewaysScroll } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

describe.skipIf(noChromium)('the page of webhooks', () => {
  const portal = portalUnderTest()
  const { open } = portal
  const path = '/settings/webhooks'

  test('says what a webhook is where there is none; one is added, and its secret shown once', async () => {
    const page = await open(path, { expected: /status of 400/ })
    await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor()
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    const add = page.getByRole('button', { name: 'Add it and show its secret' })
    expect(await add.isDisabled()).toBe(true)
    await page.getByLabel('Address').fill('http://hooks.example.com/')
    await add.click()
    await page.getByRole('alert').getByText('must begin with https').waitFor()
    await page.getByLabel('Address').fill('https://hooks.example.com/a')
    await page.getByLabel('What it is for').fill('Tickets')
    await page.getByLabel('An analysis failed').uncheck()
    await add.click()
    await page.getByText('it is shown this once').waitFor()
    expect(await page.locator('code', { hasText: 'whsec_' }).innerText()).toMatch(/^whsec_\w+$/)
    expect(portal.fake.webhooks[0].webhook).toMatchObject({ description: 'Tickets', events: ['analysis.finished'] })
    await page.getByRole('heading', { name: 'https://hooks.example.com/a' }).waitFor()
    await page.getByRole('button', { name: 'I have it' }).click()
    await page.reload()
    await page.getByRole('heading', { name: 'https://hooks.example.com/a' }).waitFor()
    expect(await page.getByText('whsec_').count()).toBe(0)
  })

  test('a test is sent, and its outcome comes by itself; what failed is sent again', async () => {
    portal.fake.webhooks.push(someWebhooks()[0])
    const page = await open(path)
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('On its way').waitFor()
    const [{ deliveries }] = portal.fake.webhooks
    Object.assign(deliveries[0], { status: 'failed', attempts: 1, note: 'The receiver answered 500.' })
    await page.getByText('The receiver answered 500.').waitFor()
    await page.getByRole('button', { name: `Send again: ${deliveries[0].event.id}` }).click()
    await page.getByText('On its way').waitFor()
  })

  test('a secret is replaced, and a webhook disabled, enabled and deleted, after a question where it matters', async () => {
    portal.fake.webhooks.push(someWebhooks()[0])
    const page = await open(path)
    await page.getByRole('button', { name: 'New secret' }).click()
    await page.getByRole('button', { name: 'Yes, a new secret' }).click()
    await page.getByText('The one before signs beside it until').waitFor()
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByText('Nothing is sent to it').waitFor()
    await page.getByRole('button', { name: 'Enable' }).click()
    await page.getByText('Nothing is sent to it').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Leave it' }).click()
    expect(portal.fake.webhooks).toHaveLength(1)
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Yes, delete it' }).click()
    await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor()
    expect(portal.fake.webhooks).toEqual([])
  })

  test('says which fail and which were given up, and fits a phone', async () => {
    portal.fake.webhooks.push(...someWebhooks())
    const page = await open(path, { viewport: { width: 375, height: 800 } })
    await page.getByText('After three days and ten attempts it is disabled by itself.').waitFor()
    await page.getByText('Nothing has arrived for 3 days, in 16 attempts.').waitFor()
    expect(await sidewaysScroll(page)).toBe(0)
  })

  test('says so when the webhooks cannot be had, and who may not see them', async () => {
    portal.fake.beforeApi = (_, asked) => {
      if (asked.startsWith('/api/webhooks')) throw new Refuse(500, 'The table is away.')
    }
    const page = await open(path, { expected: /status of 500/ })
    await page.getByRole('alert').getByText('The table is away.').waitFor()
    const other = await open(path, { as: 'Leo Lead' })
    await other.getByText('You may not do this').waitFor()
    expect(await other.getByRole('link', { name: 'Webhooks' }).count()).toBe(0)
  })

  test('a create whose answer got lost is asked again under the same key', async () => {
    const keys: (string | undefined)[] = []
    const page = await open(path, { expected: /ERR_/ })
    await page.route('**/api/webhooks', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      keys.push(route.request().headers()['idempotency-key'])
      return keys.length === 1 ? route.abort() : route.continue()
    })
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    await page.getByLabel('Address').fill('https://hooks.example.com/a')
    await page.getByRole('button', { name: 'Add it and show its secret' }).click()
    await page.getByText('it is shown this once').waitFor()
    expect(keys).toHaveLength(2)
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(keys[1]).toBe(keys[0])
  })
})
