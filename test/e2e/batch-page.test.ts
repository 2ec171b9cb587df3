import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { batchIn } from './fixtures/batches.ts'
import { gate, portalUnderTest } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

describe.skipIf(noChromium)('the page of a batch', () => {
  const portal = portalUnderTest()
  const openDone = async (expected?: RegExp) => {
    portal.fake.batches.set('done', batchIn('done', 'Verdict weights', 'done'))
    return portal.open('/reprocessing/done', expected === undefined ? {} : { expected })
  }

  test('rows of another choice do not stand below the one that loads', async () => {
    const page = await openDone()
    const rows = page.getByRole('table', { name: 'Dumps of the batch' })
    await rows.waitFor()
    const answer = gate()
    portal.fake.beforeApi = (_, path) => (path.endsWith('/items') ? answer.passed : undefined)
    await page.getByLabel('Which dumps').selectOption('failed')
    await page.getByText('Loading dumps').waitFor()
    expect(await rows.count()).toBe(0)
    answer.open()
    await page.getByText('Loading dumps').waitFor({ state: 'detached' })
  })

  test('one that cannot be shown has a heading, a title, the reason, and can be tried again', async () => {
    portal.fake.beforeApi = (_, path) => {
      if (path.startsWith('/api/reprocessing/')) throw new Refuse(403, 'You may not look at it.')
    }
    const page = await openDone(/status of 403/)
    await page.getByRole('alert').getByText('You may not look at it.').waitFor()
    expect(await page.title()).toBe('Batch · Reprocessing · dumpline')
    await page.getByRole('heading', { name: 'Batch', level: 1 }).waitFor()
    portal.fake.beforeApi = () => undefined
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Verdict weights', level: 1 }).waitFor()
  })
})
