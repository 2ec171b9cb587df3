import { noSuchKey, preconditionFailed } from './errors.ts'

export type Validators = { readonly etag: string; readonly modified: number }

type Header = (name: string) => string | undefined

/**
 * Evaluates the conditional headers of a GET or HEAD in the order of RFC 9110, 13.2.2. `etag` is without quotes,
 * `modified` in milliseconds. Throws 412; 'not-modified' asks for a 304.
 */
export const checkReadConditions = (header: Header, object: Validators): 'send' | 'not-modified' => {
  const seconds = Math.floor(object.modified / 1000)
  const isAfter = (name: string): boolean | null => {
    const time = Date.parse(header(name) ?? '')
    return Number.isNaN(time) ? null : seconds > time / 1000
  }
  const ifMatch = header('if-match')
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) throw preconditionFailed('If-Match')
  } else if (isAfter('if-unmodified-since') === true) throw preconditionFailed('If-Unmodified-Since')
  const ifNoneMatch = header('if-none-match')
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object.etag) ? 'not-modified' : 'send'
  return isAfter('if-modified-since') === false ? 'not-modified' : 'send'
}

/** Conditional writes: `If-None-Match: *` wants no object there, `If-Match` the one with this ETag. */
export const checkWriteConditions = (header: Header, current: Validators | undefined): void => {
  const ifNoneMatch = header('if-none-match')
  if (ifNoneMatch !== undefined && current !== undefined && matches(ifNoneMatch, current.etag))
    throw preconditionFailed('If-None-Match')
  const ifMatch = header('if-match')
  if (ifMatch === undefined) return
  if (current === undefined) throw noSuchKey()
  if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match')
}

const matches = (header: string, etag: string): boolean =>
  header.split(',').some((candidate) => {
    const value = candidate.trim().replace(/^W\//, '')
    return value === '*' || value.replace(/^"(.*)"$/, '$1') === etag
  })
