import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { contentSecurityPolicy, contentTypeOf, permissionsPolicy } from '../../infra/portal-headers.ts'

/** Answers with a file of the built portal, or with its index page for every path that is a page's. */
export const servePortal = (folder: string, elsewhere: readonly string[]) => {
  const headers = {
    'content-security-policy': contentSecurityPolicy(elsewhere),
    'permissions-policy': permissionsPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  return (path: string, response: ServerResponse): void => {
    const extension = extname(path)
    const file = extension === '' ? 'index.html' : normalize(path).replace(/^(\.\.[/\\])+/, '')
    try {
      const body = readFileSync(join(folder, file))
      response.writeHead(200, { ...headers, 'content-type': contentTypeOf(file) })
      response.end(body)
    } catch {
      response.writeHead(404, headers).end()
    }
  }
}
