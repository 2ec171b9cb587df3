import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import type { CaseDetail } from '../../shared/cases/api.ts'
import { madePortal } from '../made.ts'
import { launchBrowser, openPage, type WatchedPage } from './browser.ts'
import { type FakeApi, type FakeApiOptions, startFakeApi } from './fake-api.ts'
import { quietOperations } from './fake-operations.ts'
import { type PersonName, signIn } from './sign-in.ts'

type OpenOptions = BrowserContextOptions & {
  /** Console errors that the test provokes: a browser logs every answer with an error status. */
  readonly expected?: RegExp
  /** Who is signed in: Ada Admin without more said, and nobody for null. */
  readonly as?: PersonName | null
}

export type PortalUnderTest = {
  readonly fake: FakeApi
  /** The portal's folder as it is delivered. */
  readonly folder: string
  readonly open: (path: string, options?: OpenOptions) => Promise<Page>
  readonly putCase: (detail: CaseDetail, analysis?: Analysis) => void
}

/**
 * The built portal before a fake API, for the tests of one file. After each test every page that it opened must have
 * had nothing to complain about: no console error, no broken security policy, no request elsewhere.
 */
export const portalUnderTest = (options: FakeApiOptions = {}): PortalUnderTest => {
  let folder: string
  let browser: Browser
  let fake: FakeApi
  const opened: WatchedPage[] = []

  beforeAll(async () => {
    folder = await madePortal()
    fake = await startFakeApi(folder, options)
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await fake?.close()
  })
  afterEach(async () => {
    const complaints = opened.flatMap((each) => each.complaints)
    for (const { context } of opened.splice(0)) await context.close()
    fake.cases.clear()
    fake.uploads.clear()
    fake.shared.clear()
    fake.operations = quietOperations()
    fake.batches.clear()
    fake.webhooks.length = 0
    fake.uploadLinks.clear()
    fake.accepts = () => true
    fake.beforeApi = () => undefined
    fake.beforePart = () => undefined
    expect(complaints).toEqual([])
  })

  return {
    get fake() {
      return fake
    },
    get folder() {
      return folder
    },
    open: async (path, { expected, as = 'Ada Admin', ...options } = {}) => {
      const watched = await openPage(browser, options, expected ?? null)
      opened.push(watched)
      watched.page.setDefaultTimeout(15_000)
      await watched.page.goto(`${fake.origin}${path}`)
      if (as !== null) await signIn(watched.page, as)
      return watched.page
    },
    putCase: (detail, analysis) => {
      fake.cases.set(detail.case.caseId, analysis === undefined ? { detail } : { detail, analysis })
    },
  }
}

/** A promise and the function that fulfils it, to hold an answer back until a test has looked. */
export const gate = (): { readonly passed: Promise<void>; readonly open: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { passed: promise, open: resolve }
}

/** How far a page can be scrolled sideways, in pixels; a page made for its window cannot. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
