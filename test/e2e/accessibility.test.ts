import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { everyView, expectedByViews, fillEveryView, type View } from './every-view.ts'
import { portalUnderTest, sidewaysScroll } from './portal-under-test.ts'

/** The rules of WCAG 2.2 A and AA, as far as a program can judge them. Findings of lesser weight are a person's to weigh. */
const everyRule = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** Colours are all that differs in the dark. */
const ofColours = ['color-contrast', 'link-in-text-block']

const desk = { width: 1280, height: 1000 }
const phone = { width: 360, height: 780 }

const seriousFindings = async (page: Page, runOnly: readonly string[] = everyRule): Promise<string[]> => {
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run({ runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] })`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 5).map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
}

/** With a folder named in DUMPLINE_PICTURES there is a picture of each page in it, for a person to look at. */
const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.DUMPLINE_PICTURES
  if (folder) await page.screenshot({ path: `${folder}/${name.replaceAll(/[^\w-]+/g, '_')}.png`, fullPage: true })
}

/** What is wrong with a page at a desk, in the dark and on a phone; each finding says where. */
const wrongWith = async (page: Page, name: string): Promise<string[]> => {
  const wrong: string[] = []
  const note = (where: string, findings: readonly string[]) =>
    wrong.push(...findings.map((each) => `${where}: ${each}`))
  if ((await page.title()) === 'dumpline') wrong.push('it has no title of its own')
  const headings = await page.locator('h1').count()
  if (headings !== 1) wrong.push(`it has ${headings} headings of the first level`)
  await page.evaluate(axe.source)
  note('desk', await seriousFindings(page))
  await picture(page, `${name} desk`)
  await page.emulateMedia({ colorScheme: 'dark' })
  note('dark', await seriousFindings(page, ofColours))
  await picture(page, `${name} dark`)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(phone)
  note('phone', await seriousFindings(page))
  await picture(page, `${name} phone`)
  const sideways = await sidewaysScroll(page)
  if (sideways > 0) wrong.push(`phone: the page scrolls sideways by ${sideways} pixels`)
  await page.setViewportSize(desk)
  return wrong
}

describe.skipIf(noChromium)('accessibility', () => {
  const portal = portalUnderTest()

  test.each([
    ['Ada Admin', everyView.filter(({ as }) => as === undefined)],
    ['Vic Viewer', everyView.filter(({ as }) => as === 'Vic Viewer')],
    [null, everyView.filter(({ as }) => as === null)],
  ] as const)(
    'no page that %s sees has a serious finding, at a desk, in the dark or on a phone',
    async (as, views: readonly View[]) => {
      fillEveryView(portal)
      // Nothing moves while it is looked at: a colour half way between two is nobody's to read.
      const page = await portal.open(as === null ? '/signed-out' : '/', {
        as,
        expected: expectedByViews,
        viewport: desk,
        reducedMotion: 'reduce',
      })
      const wrong: string[] = []
      for (const { path, ready } of views) {
        await page.goto(`${portal.fake.origin}${path}`)
        await page.getByText(ready).first().waitFor()
        wrong.push(...(await wrongWith(page, `${as} ${path}`)).map((each) => `${path} ${each}`))
      }
      expect(wrong).toEqual([])
    },
    240_000,
  )

  test('nor has a dialog, an open menu or an open form', async () => {
    fillEveryView(portal)
    const page = await portal.open('/cases/solved', { viewport: desk, reducedMotion: 'reduce' })
    await page.getByRole('button', { name: 'Report' }).click()
    await page.getByRole('menuitem', { name: /Print/ }).first().waitFor()
    expect(await wrongWith(page, 'menu')).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'New upload link' }).click()
    expect(await wrongWith(page, 'upload link form')).toEqual([])
    await page.getByRole('button', { name: 'Vendor link' }).click()
    await page.getByRole('button', { name: 'Make a link' }).click()
    await page.getByRole('button', { name: 'Copy the link' }).waitFor()
    expect(await wrongWith(page, 'vendor link dialog')).toEqual([])
    await page.goto(`${portal.fake.origin}/cases/sampled`)
    await page.getByRole('button', { name: 'Scan all pages' }).click()
    await page.getByText('Expected cost').waitFor()
    expect(await wrongWith(page, 'full scan dialog')).toEqual([])
    await page.goto(`${portal.fake.origin}/operations`)
    await page.getByRole('button', { name: 'Send again: dead letters of Header' }).click()
    await page.getByRole('dialog').getByText('They go back').waitFor()
    expect(await wrongWith(page, 'redrive dialog')).toEqual([])
  }, 60_000)

  test('the check notices what is wrong', async () => {
    const page = await portal.open('/')
    await page.getByRole('heading', { name: 'No cases yet' }).waitFor()
    await page.evaluate(`
      document.querySelector('main').append(document.createElement('input'))
      const wide = document.createElement('div')
      wide.style.cssText = 'width: 500px; height: 1px'
      document.querySelector('main').append(wide)
      const pale = document.createElement('p')
      pale.style.cssText = 'color: light-dark(#000, #333); background: light-dark(#fff, #222)'
      pale.textContent = 'Hard to read'
      document.querySelector('main').append(pale)
      document.querySelector('main h1').remove()
      document.title = 'dumpline'
    `)
    const wrong = (await wrongWith(page, 'wrong')).join('\n')
    expect(wrong).toContain('it has no title of its own')
    expect(wrong).toContain('it has 0 headings of the first level')
    expect(wrong).toContain('desk: label')
    expect(wrong).toContain('dark: color-contrast')
    expect(wrong).toMatch(/phone: the page scrolls sideways/)
  })
})
