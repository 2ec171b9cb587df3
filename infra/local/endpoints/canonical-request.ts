/**
 * The canonical form of a request that AWS Signature Version 4 signs ("Create a signed AWS API request", steps 1 and 2
 * of the IAM user guide; S3 encodes a path once).
 */
export type SignedParts = {
  readonly method: string
  /** The request target as it was sent: path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Lower-case names, in the order they were signed. */
  readonly signedHeaders: readonly string[]
  readonly payloadHash: string
}

/** The lines that are hashed and signed. Throws a URIError where the path is not well encoded. */
export const canonicalRequest = (parts: SignedParts): string => {
  const [path, query] = splitTarget(parts.target)
  const headers = parts.signedHeaders.map((name) => `${name}:${canonicalValue(parts.headers[name])}\n`).join('')
  return [
    parts.method,
    path
      .split('/')
      .map((segment) => encode(decodeURIComponent(segment)))
      .join('/'),
    queryParameters(query)
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]) => [encode(name), encode(value)])
      .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
    headers,
    parts.signedHeaders.join(';'),
    parts.payloadHash,
  ].join('\n')
}

/** Path and query of a request target, both still encoded. */
export const splitTarget = (target: string): [path: string, query: string] => {
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}

/** Decoded names and values in the order they were sent; a name without `=` has the empty value. */
export const queryParameters = (query: string): [name: string, value: string][] =>
  query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const equals = parameter.indexOf('=')
      const [name, value] = equals < 0 ? [parameter, ''] : [parameter.slice(0, equals), parameter.slice(equals + 1)]
      return [decode(name), decode(value)]
    })

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

/** Percent-encodes all but the unreserved characters of RFC 3986. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

const canonicalValue = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().replace(/ +/g, ' ')

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
