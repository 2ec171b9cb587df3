import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** The strict policy that the portal must live under: nothing inline, nothing from elsewhere but storage and sign-in. */
export const contentSecurityPolicy = (elsewhere: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    `connect-src 'self' ${elsewhere.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** Answers with a file of the built portal, or with its index page for every path that is a page's. */
export const servePortal = (folder: string, elsewhere: readonly string[]) => {
  const headers = {
    'content-security-policy': contentSecurityPolicy(elsewhere),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  return (path: string, response: ServerResponse): void => {
    const extension = extname(path)
    const file = extension === '' ? 'index.html' : normalize(path).replace(/^(\.\.[/\\])+/, '')
    try {
      const body = readFileSync(join(folder, file))
      response.writeHead(200, { ...headers, 'content-type': types[extension || '.html'] ?? 'application/octet-stream' })
      response.end(body)
    } catch {
      response.writeHead(404, headers).end()
    }
  }
}
