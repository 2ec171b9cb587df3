import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { missing } from '../missing.ts'

const places = [
  process.env.DUMPLINE_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const executablePath = places.find((path) => path !== '' && existsSync(path))

/** For `describe.skipIf`: whether the browser tests step aside. */
export const noChromium: boolean = missing('Chromium (Debian package chromium)', executablePath !== undefined)

export const launchBrowser = (more: readonly string[] = []): Promise<Browser> => {
  if (executablePath === undefined) throw new Error('There is no Chromium.')
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...more] })
}

export type WatchedPage = {
  readonly page: Page
  readonly context: BrowserContext
  /** What no page may ever do: log errors, break its security policy, throw, ask another origin than the allowed. */
  readonly complaints: readonly string[]
}

/**
 * A page in a fresh context whose complaints are collected. `expected` names console errors that a test provokes: the
 * browser itself logs every answer with an error status.
 */
export const openPage = async (
  browser: Browser,
  options: BrowserContextOptions = {},
  expected: RegExp | null = null,
): Promise<WatchedPage> => {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    const text = message.text()
    if (['error', 'warning'].includes(message.type()) && !expected?.test(text))
      complaints.push(`${message.type()}: ${text}`)
  })
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`))
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (protocol !== 'data:' && protocol !== 'blob:' && hostname !== '127.0.0.1')
      complaints.push(`request to ${hostname}`)
  })
  return { page, context, complaints }
}
