import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of a Chromium on this machine, `DUMPLINE_CHROMIUM` before the usual places; null when there is none. */
export const chromiumPath = ((): string | null => {
  const found = [process.env.DUMPLINE_CHROMIUM ?? '', ...places].find((path) => path !== '' && existsSync(path))
  if (found === undefined && process.env.DUMPLINE_REQUIRE_ALL === '1')
    throw new Error(
      'The browser tests need Chromium (Debian package chromium), and DUMPLINE_REQUIRE_ALL=1 asks for them.',
    )
  if (found === undefined) console.log('The browser tests step aside for want of Chromium (Debian package chromium).')
  return found ?? null
})()

export const launchBrowser = (): Promise<Browser> => {
  if (chromiumPath === null) throw new Error('There is no Chromium.')
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
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
