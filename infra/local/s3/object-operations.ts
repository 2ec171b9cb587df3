import type { Blobs } from './blobs.ts'
import { sha256Header } from './checks.ts'
import { checkReadConditions } from './conditions.ts'
import { invalidArgument, S3Error } from './errors.ts'
import type { Objects, ObjectVersion } from './objects.ts'
import { parseRange } from './range.ts'
import { receiveBody } from './receive-body.ts'
import type { S3Answer, S3Request } from './request.ts'

/** PUT, GET, HEAD and DELETE of one object. */
export const objectOperations = (objects: Objects, blobs: Blobs) => {
  const put = async (request: S3Request): Promise<S3Answer> => {
    checkKey(request.key)
    const blob = await receiveBody(blobs, request)
    try {
      const { created, unused } = objects.add({
        bucket: request.bucket,
        key: request.key,
        etag: blob.md5,
        headers: {
          ...storedHeaders(request),
          ...(blob.sha256 && { [sha256Header]: blob.sha256, 'x-amz-checksum-type': 'FULL_OBJECT' }),
        },
        parts: [{ blob: blob.id, size: blob.size }],
        cause: 'Put',
        condition: request.header,
      })
      await blobs.remove(unused)
      return { status: 200, headers: { etag: `"${created.etag}"`, ...versionHeader(created) } }
    } catch (error) {
      await blobs.remove([blob.id])
      throw error
    }
  }

  const get = async (request: S3Request, withBody: boolean): Promise<S3Answer> => {
    const object = objects.find(request.bucket, request.key, request.query.get('versionId'))
    const headers = {
      'last-modified': new Date(object.modified).toUTCString(),
      etag: `"${object.etag}"`,
      'accept-ranges': 'bytes',
      ...versionHeader(object),
    }
    if (checkReadConditions(request.header, object) === 'not-modified') return { status: 304, headers }
    const range = parseRange(request.header('range'), object.size)
    const { first, last } = range ?? { first: 0, last: object.size - 1 }
    return {
      status: range === null ? 200 : 206,
      headers: {
        'content-type': 'binary/octet-stream',
        ...withoutChecksum(object.headers, range === null && request.header('x-amz-checksum-mode') === 'ENABLED'),
        ...overrides(request.query),
        ...headers,
        'content-length': String(last + 1 - first),
        ...(range !== null && { 'content-range': `bytes ${first}-${last}/${object.size}` }),
      },
      ...(withBody && { body: blobs.read(objects.segments(object, { first, last })) }),
    }
  }

  const remove = async (request: S3Request): Promise<S3Answer> => {
    const versionId = request.query.get('versionId')
    const { marker, unused } = objects.remove(request.bucket, request.key, versionId)
    await blobs.remove(unused)
    if (marker !== null) return { status: 204, headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker } }
    return { status: 204, headers: versionId === undefined ? {} : { 'x-amz-version-id': versionId } }
  }

  return { put, get, remove }
}

export const versionHeader = ({ versionId }: ObjectVersion): Record<string, string> =>
  versionId === null ? {} : { 'x-amz-version-id': versionId }

/** At most 1,024 bytes of UTF-8 ("Naming Amazon S3 objects"). */
export const checkKey = (key: string): void => {
  if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError', 400, 'The key is longer than 1,024 bytes.')
}

const kept = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-type', 'expires']

/** The headers of an upload that come back with the object. */
export const storedHeaders = ({ header, headerNames }: S3Request): Record<string, string> => {
  const names = [...kept, ...headerNames.filter((name) => name.startsWith('x-amz-meta-'))]
  const headers: Record<string, string> = {}
  for (const name of names) {
    const value = header(name)
    // `aws-chunked` says how the request was sent, not what the object is.
    const stored = name === 'content-encoding' ? value?.replace(/\s*\baws-chunked\b\s*,?/, '').trim() : value
    if (stored !== undefined && stored !== '') headers[name] = stored
  }
  return headers
}

/** A checksum is told to whoever asks for it, and about the whole object alone. */
const withoutChecksum = (headers: Record<string, string>, isAskedFor: boolean): Record<string, string> =>
  isAskedFor ? headers : Object.fromEntries(Object.entries(headers).filter(([name]) => !/^x-amz-checksum-/.test(name)))

/** `response-content-type` and the like: what a presigned URL may say about the answer. */
const overrides = (query: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries(
    [...query]
      .filter(([name]) => name.startsWith('response-'))
      .map(([name, value]) => {
        const header = name.slice('response-'.length)
        if (!kept.includes(header)) throw invalidArgument(`${name} is not a header that can be replaced.`)
        return [header, value]
      }),
  )
