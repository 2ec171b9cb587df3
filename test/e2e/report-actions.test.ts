import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { caseDetail } from './fixtures/case-details.ts'
import { depletion2008, guidDriver } from './fixtures/depletion-2008.ts'
import { growingServer } from './fixtures/growing-server.ts'
import { portalUnderTest, sidewaysScroll } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

describe.skipIf(noChromium)('what can be done with a finished analysis', () => {
  const portal = portalUnderTest()
  const { open, putCase } = portal
  const openSolved = async (path = '', options = {}) => {
    putCase(caseDetail({ caseId: 'solved', title: 'SRV-DB-04', analysis: depletion2008 }), depletion2008)
    const page = await open(`/cases/solved${path}`, options)
    await page.getByRole('region', { name: 'Verdict' }).waitFor()
    return page
  }
  const choose = async (page: Page, item: RegExp) => {
    await page.getByRole('button', { name: 'Report' }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  const solved = () => portal.fake.cases.get('solved')!

  test('a short text goes to the clipboard, for a ticket', async () => {
    const page = await openSolved('', { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'Copy for a ticket' }).click()
    await page.getByText('Copied', { exact: true }).waitFor()
    const text = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(text).toBe(`A report as ticket of ${depletion2008.headline}\n`)
  })

  test('the report is saved as Markdown, the tags as CSV, the analysis as JSON', async () => {
    const page = await openSolved()
    const saved = async (item: RegExp) => {
      const [download] = await Promise.all([page.waitForEvent('download'), choose(page, item)])
      return [download.suggestedFilename(), readFileSync(await download.path(), 'utf8')]
    }
    expect(await saved(/^Markdown$/)).toEqual(['dumpline-solved-d1.md', expect.stringContaining('as markdown')])
    expect(await saved(/CSV/)).toEqual(['dumpline-solved-d1-tags.csv', expect.stringContaining('as csv')])
    const [name, json] = await saved(/JSON/)
    expect(name).toBe('dumpline-solved-d1.json')
    expect(JSON.parse(json)).toEqual(depletion2008)
  })

  test('a report that cannot be had says why', async () => {
    const page = await openSolved('', { expected: /status of 409/ })
    portal.fake.beforeApi = (_, path) => {
      if (path.endsWith('/report')) throw new Refuse(409, 'The report is too long to send.')
    }
    await choose(page, /^Markdown$/)
    await page.getByText('The report is too long to send.').waitFor()
  })

  test('on paper it is the report, without what is for clicking, dark on light', async () => {
    const page = await openSolved('', { colorScheme: 'dark' })
    expect(await page.getByText('Made by dumpline').isVisible()).toBe(false)
    await page.emulateMedia({ media: 'print' })
    const text = await page.locator('body').innerText()
    for (const part of [
      depletion2008.headline,
      guidDriver,
      'Coverage',
      'Failed pool allocations',
      'MmCm',
      'Made by dumpline',
    ])
      expect(text).toContain(part)
    // Neither what is for clicking nor what is between the desk and its customer.
    expect(await page.getByRole('button').filter({ visible: true }).count()).toBe(0)
    for (const part of ['Upload links', 'What is kept', 'Notes', 'All 4 stages are done'])
      expect(text).not.toContain(part)
    expect(await page.getByRole('tablist').isVisible()).toBe(false)
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
    const pdf = await page.pdf({ format: 'A4' })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  })

  test('on paper the debugger’s session is an appendix for who asks for it', async () => {
    const page = await openSolved('')
    await page.evaluate(`
      window.print = () => {
        window.printed = document.querySelector('.print-only').textContent
        dispatchEvent(new Event('afterprint'))
      }
    `)
    const print = async (name: RegExp): Promise<string> => {
      await page.getByRole('button', { name: 'Report' }).click()
      await page.getByRole('menuitem', { name }).click()
      return page.evaluate('window.printed')
    }
    const [{ command, output }] = depletion2008.transcript
    const [line] = output.trim().split('\n')
    const printed = await print(/^Print with the transcript$/)
    expect(printed).toContain(`kd> ${command}`)
    expect(printed).toContain(line)
    expect(await print(/^Print, or save as PDF$/)).not.toContain('kd>')
  })

  test('vendor links are made, copied, listed and revoked', async () => {
    const page = await openSolved('', { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'Vendor link' }).click()
    const dialog = page.getByRole('dialog', { name: 'Show this report to a vendor' })
    await dialog.getByLabel('It holds for').selectOption('30 days')
    await dialog.getByRole('button', { name: 'Make a link' }).click()
    await dialog.getByRole('button', { name: 'Copy the link' }).click()
    await expect
      .poll(() => page.evaluate('navigator.clipboard.readText()'))
      .toBe(`${portal.fake.origin}/vendor/${'t'.repeat(43)}`)
    const [link] = solved().vendorLinks!
    expect(Date.parse(link.expiresAt) - Date.parse(link.createdAt)).toBeGreaterThan(29.9 * 86_400_000)
    await dialog.getByText('holds until').waitFor()
    await dialog.getByRole('button', { name: /^Revoke/ }).click()
    await dialog.getByText('revoked', { exact: true }).waitFor()
    expect(await dialog.getByText('/vendor/').count()).toBe(0)
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog.count()).toBe(0)
  })

  test('raw memory is shown when it is asked for, and not before', async () => {
    const page = await openSolved()
    await page.getByRole('link', { name: 'f50b5a40' }).click()
    await page.getByRole('button', { name: 'Look' }).waitFor()
    expect(await page.getByLabel('Address').inputValue()).toBe('0xf50b5a40')
    expect(solved().looks).toBeUndefined()
    await page.getByLabel('As').selectOption('db')
    await page.getByRole('button', { name: 'Look' }).click()
    await page.getByText('f50b5a40 e0894d1f nt!ExAllocatePool').waitFor()
    expect(solved().looks).toEqual(['db 0xf50b5a40 128'])
    await page.getByLabel('Address').fill('nonsense')
    expect(await page.getByRole('button', { name: 'Look' }).isDisabled()).toBe(true)
    await page.getByLabel('Address').fill('fffff800`12345678')
    await page.getByRole('button', { name: 'Look' }).click()
    await expect.poll(() => solved().looks?.at(-1)).toBe('db 0xfffff80012345678 128')
  })

  test('the dump is downloaded by a link that was asked for', async () => {
    const page = await openSolved('?tab=raw')
    await page.getByRole('button', { name: 'Download the dump' }).click()
    await page.waitForURL('**/icon.svg')
    expect(solved().looks).toEqual(['download solved-d1'])
  })

  test('a viewer takes reports away, and neither makes vendor links nor sees raw memory', async () => {
    const page = await openSolved('', { as: 'Vic Viewer' })
    await page.getByRole('button', { name: 'Report' }).waitFor()
    expect(await page.getByRole('button', { name: 'Vendor link' }).getAttribute('aria-disabled')).toBe('true')
    expect(await page.getByRole('tab', { name: 'Raw memory' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'f50b5a40' }).count()).toBe(0)
  })

  test('several analysed dumps can be compared from here', async () => {
    const { detail, comparison } = growingServer()
    portal.fake.cases.set('growing', { detail, comparison, analysis: depletion2008 })
    const page = await open('/cases/growing')
    await page.getByRole('link', { name: 'Compare dumps' }).click()
    await page.getByText('2 tags grow').waitFor()
  })
})

describe.skipIf(noChromium)('what a vendor sees', () => {
  const portal = portalUnderTest()
  const token = 'v'.repeat(43)

  test('is the report alone, with no way to anything else', async () => {
    portal.fake.shared.set(token, depletion2008)
    const page = await portal.open(`/vendor/${token}`, { as: null })
    await page.getByRole('region', { name: 'Verdict' }).getByText(guidDriver, { exact: true }).waitFor()
    await page.getByText('Shared until 2026-12-01 12:00:00 UTC').waitFor()
    const links = await page.getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')))
    for (const href of links) expect(href).toMatch(/^\/vendor\/v+\?.*#transcript-\d+$/)
    expect(await page.getByRole('button', { name: 'Vendor link' }).count()).toBe(0)
    expect(await page.getByRole('tab', { name: 'Raw memory' }).count()).toBe(0)
    expect(await page.getByRole('navigation').count()).toBe(0)
  })

  test('can be saved, and fits a phone', async () => {
    portal.fake.shared.set(token, depletion2008)
    const page = await portal.open(`/vendor/${token}`, { as: null, viewport: { width: 420, height: 900 } })
    await page.getByRole('button', { name: 'Report' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: /^Markdown$/ }).click()
    expect(readFileSync(await (await download).path(), 'utf8')).toBe('A report\n')
    expect(await sidewaysScroll(page)).toBe(0)
  })

  test('is a sentence once the link has ended, or never led anywhere', async () => {
    portal.fake.shared.set(token, 'ended')
    const page = await portal.open(`/vendor/${token}`, { as: null, expected: /status of (404|410)/ })
    await page.getByText('This link has expired.').waitFor()
    await page.goto(`${portal.fake.origin}/vendor/wrong`)
    await page.getByText('There is no report at this address').waitFor()
    expect(await page.getByRole('link').count()).toBe(0)
  })
})
