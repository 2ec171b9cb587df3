import type { IncomingMessage } from 'node:http'
import { queryParameters, splitTarget } from '../endpoints/canonical-request.ts'
import { notImplemented, S3Error } from './errors.ts'

/** A path-style S3 request that has been let in. */
export type S3Request = {
  readonly bucket: string
  /** Empty for a request to the bucket itself. */
  readonly key: string
  readonly query: ReadonlyMap<string, string>
  /**
   * A header, or the `x-amz-` query parameter a presigned URL has in its place. S3 signs a checksum in the query and then
   * ignores it, so a checksum counts as a header alone.
   */
  readonly header: (name: string) => string | undefined
  /** Lower-case names of all those headers and parameters. */
  readonly headerNames: readonly string[]
  readonly payloadHash: string
  readonly body: IncomingMessage
}

/** What is answered: XML or nothing in `body`, or the bytes of an object. */
export type S3Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | AsyncIterable<Buffer>
}

export type Address = Pick<S3Request, 'bucket' | 'key' | 'query'>

/** Bucket, key and query of a request target. Throws `InvalidURI` when it is not decodable. */
export const parseAddress = (target: string): Address => {
  try {
    const [path, query] = splitTarget(target)
    const slash = path.indexOf('/', 1)
    const [bucket, key] = slash < 0 ? [path.slice(1), ''] : [path.slice(1, slash), path.slice(slash + 1)]
    return {
      bucket: decodeURIComponent(bucket),
      key: decodeURIComponent(key),
      query: new Map(queryParameters(query)),
    }
  } catch (error) {
    throw new S3Error('InvalidURI', 400, `The request target cannot be decoded: ${(error as Error).message}.`)
  }
}

/** Headers and `x-amz-` query parameters under one name each. */
export const headersOf = (
  request: IncomingMessage,
  query: ReadonlyMap<string, string>,
): Pick<S3Request, 'header' | 'headerNames'> => {
  const fromQuery = new Map(
    [...query]
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => name.startsWith('x-amz-') && !name.startsWith('x-amz-checksum-')),
  )
  return {
    header: (name) => {
      const value = request.headers[name]
      return (Array.isArray(value) ? value.join(', ') : value) ?? fromQuery.get(name)
    },
    headerNames: [...Object.keys(request.headers), ...fromQuery.keys()],
  }
}

/** `x-amz-` headers that ask for nothing more than is done anyway, or that the signature and the body's reader use. */
const understood = [
  /^x-amz-(algorithm|content-sha256|credential|date|expires|security-token|signature|signedheaders|user-agent)$/,
  /^x-amz-(decoded-content-length|trailer|sdk-checksum-algorithm|checksum-.+)$/,
  /^x-amz-meta-.+$/,
  /^x-amz-(expected-bucket-owner|server-side-encryption.*|storage-class)$/,
]

const parameters = new Set([
  'continuation-token',
  'delimiter',
  'encoding-type',
  'fetch-owner',
  'list-type',
  'location',
  'max-keys',
  'max-parts',
  'part-number-marker',
  'partNumber',
  'prefix',
  'start-after',
  'uploadId',
  'uploads',
  'versionId',
  'x-id',
])

/** Refuses what is not implemented: an unknown header or parameter changes what the request means. */
export const refuseUnknown = ({ headerNames, query }: Pick<S3Request, 'headerNames' | 'query'>): void => {
  for (const name of headerNames)
    if (name.startsWith('x-amz-') && !understood.some((pattern) => pattern.test(name)))
      throw notImplemented(`the header ${name}`)
  for (const name of query.keys())
    if (!parameters.has(name) && !name.startsWith('response-') && !name.toLowerCase().startsWith('x-amz-'))
      throw notImplemented(`the query parameter ${name}`)
}

/** A whole number in a query parameter. */
export const numberParameter = (query: ReadonlyMap<string, string>, name: string, otherwise: number): number => {
  const text = query.get(name)
  if (text === undefined) return otherwise
  if (!/^\d{1,9}$/.test(text)) throw new S3Error('InvalidArgument', 400, `${name} must be a whole number.`)
  return Number(text)
}
