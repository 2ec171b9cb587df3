import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { caseDetail, stageRecord } from './fixtures/case-details.ts'
import { depletion2008 } from './fixtures/depletion-2008.ts'
import { growingServer } from './fixtures/growing-server.ts'
import { troubledOperations } from './fixtures/operations-trouble.ts'
import { refusedPng, triage } from './fixtures/other-verdicts.ts'
import { portalUnderTest } from './portal-under-test.ts'

/** The rules of WCAG 2.2 A and AA, as far as a program can judge them. Findings of lesser weight are a person's to weigh. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const seriousFindings = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run({ runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 5).map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
}

const tabs = ['memory', 'pool', 'importers', 'modules', 'unloaded', 'big', 'transcript', 'raw', 'dump']
const token = 't'.repeat(43)

/** Every page and state worth a look, with the text that says it is there. */
const views: readonly [path: string, ready: string | RegExp][] = [
  ['/', 'SRV-DB-04'],
  ['/upload', 'New case'],
  ['/cases/solved', 'Culprit found'],
  ...tabs.map((tab): [string, string] => [`/cases/solved?tab=${tab}`, 'Culprit found']),
  ['/cases/live', 'Step 2 of 4'],
  ['/cases/png', 'What to do'],
  ['/cases/small', 'How to get a dump that can answer'],
  ['/cases/growing/compare', '2 tags grow'],
  [`/vendor/${token}`, 'Shared until'],
  ['/vendor/gone', 'There is no report at this address'],
  ['/operations', 'Something is wrong'],
  ['/cases/nosuch', 'There is no such case'],
  ['/no/such/page', 'There is nothing at this address'],
]

describe.skipIf(noChromium)('accessibility', () => {
  const portal = portalUnderTest()
  const { putCase } = portal
  const fill = (): void => {
    putCase(caseDetail({ caseId: 'solved', title: 'SRV-DB-04', analysis: depletion2008 }), depletion2008)
    putCase(caseDetail({ caseId: 'png', analysis: refusedPng }), refusedPng)
    putCase(caseDetail({ caseId: 'small', analysis: triage }), triage)
    const stages = [stageRecord('header', 'd'), stageRecord('pool', 'd', { status: 'running' })]
    putCase(caseDetail({ caseId: 'live', stages }))
    portal.fake.cases.set('growing', growingServer())
    portal.fake.shared.set(token, depletion2008)
    portal.fake.operations = troubledOperations()
  }
  const expected = /status of 404/

  test.each(['light', 'dark'] as const)(
    'no page has a serious finding, in the %s',
    async (colorScheme) => {
      fill()
      const page = await portal.open('/', { colorScheme, expected })
      for (const [path, ready] of views) {
        await page.goto(`${portal.fake.origin}${path}`)
        await page.getByText(ready).first().waitFor()
        expect(await seriousFindings(page), path).toEqual([])
      }
    },
    120_000,
  )

  test('nor has a dialog or an open menu', async () => {
    fill()
    const page = await portal.open('/cases/solved')
    await page.getByRole('button', { name: 'Report' }).click()
    await page.getByRole('menuitem', { name: /Print/ }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Vendor link' }).click()
    await page.getByRole('button', { name: 'Make a link' }).click()
    await page.getByRole('button', { name: 'Copy the link' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.goto(`${portal.fake.origin}/operations`)
    await page.getByRole('button', { name: 'Send again: dead letters of Header' }).click()
    await page.getByRole('dialog').getByText('They go back').waitFor()
    expect(await seriousFindings(page)).toEqual([])
  })

  test('the check notices what is wrong', async () => {
    const page = await portal.open('/')
    await page.getByRole('heading', { name: 'No cases yet' }).waitFor()
    await page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    expect((await seriousFindings(page)).join()).toContain('label')
  })
})
