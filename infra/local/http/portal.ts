import { open, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, normalize, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { cacheControlOf, contentSecurityPolicy, contentTypeOf, permissionsPolicy } from '../../portal-headers.ts'

/**
 * Serves the portal's static build: a file by its path, `index.html` for every path of the application's own, with
 * the headers that the distribution adds in the cloud.
 */
export const portalServer = (folder: string, s3Origin: string, identityOrigin: string) => {
  const policy = contentSecurityPolicy([s3Origin, identityOrigin])

  return async (method: string, path: string, response: ServerResponse): Promise<void> => {
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    const wanted = await findFile(folder, path)
    // A path with an extension names a file; answering a missing script with a page would only hide that it is missing.
    const file = wanted ?? (extname(path) === '' ? await findFile(folder, '/index.html') : undefined)
    if (file === undefined) {
      const isBuilt = (await findFile(folder, '/index.html')) !== undefined
      const sentence = isBuilt ? 'There is no such file.' : 'The portal is not built: `npm start` builds it.'
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(`${sentence}\n`)
      return
    }
    response.writeHead(200, {
      'content-type': contentTypeOf(file.path),
      'content-length': file.size,
      'cache-control': cacheControlOf(path),
      'content-security-policy': policy,
      'permissions-policy': permissionsPolicy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    if (method === 'HEAD') {
      response.end()
      return
    }
    // Closed here: a stream that is never piped, since whoever asked is gone already, does not close its file.
    await using opened = await open(file.path)
    await pipeline(opened.createReadStream(), response)
  }
}

/** A regular file inside the folder, none of its path's segments hidden. */
const findFile = async (folder: string, path: string): Promise<{ path: string; size: number } | undefined> => {
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return undefined
  }
  if (decoded.includes('\0') || decoded.includes('\\') || decoded.split('/').some((part) => part.startsWith('.')))
    return undefined
  const file = normalize(join(folder, decoded))
  if (!file.startsWith(normalize(folder) + sep)) return undefined
  try {
    const { size, isFile } = await stat(file).then((found) => ({ size: found.size, isFile: found.isFile() }))
    return isFile ? { path: file, size } : undefined
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
