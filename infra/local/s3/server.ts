import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Credentials } from '../endpoints/credentials.ts'
import { SignatureError, verifySignature } from '../endpoints/signature.ts'
import type { Blobs } from './blobs.ts'
import { type CorsRule, corsHeaders, preflightHeaders } from './cors.ts'
import { noSuchBucket, notImplemented, S3Error } from './errors.ts'
import { listObjects } from './list-objects.ts'
import { objectOperations } from './object-operations.ts'
import type { Objects } from './objects.ts'
import { headersOf, parseAddress, refuseUnknown, type S3Answer, type S3Request } from './request.ts'
import { uploadOperations } from './upload-operations.ts'
import type { Uploads } from './uploads.ts'
import { document } from './xml.ts'

export type S3Parts = {
  readonly objects: Objects
  readonly uploads: Uploads
  readonly blobs: Blobs
  readonly credentials: Credentials
  /** The buckets there are, each with its CORS rules. */
  readonly buckets: ReadonlyMap<string, readonly CorsRule[]>
}

/** S3's HTTP API, as much of it as the product uses; what it does not implement, it refuses. */
export const s3Server = ({ objects, uploads, blobs, credentials, buckets }: S3Parts) => {
  const object = objectOperations(objects, blobs)
  const upload = uploadOperations(uploads, blobs)

  const dispatch = async (method: string, request: S3Request): Promise<S3Answer> => {
    const { key, query } = request
    const has = (name: string) => query.has(name)
    if (key === '') {
      if (method === 'HEAD') return { status: 200 }
      if (method === 'GET' && !has('uploads') && !has('location')) return listObjects(objects, request)
      throw notImplemented(`${method} on a bucket`)
    }
    if (has('uploads') && method === 'POST') return upload.create(request)
    if (has('uploadId')) {
      if (method === 'PUT') return upload.putPart(request)
      if (method === 'GET') return upload.list(request)
      if (method === 'POST') return upload.complete(request)
      if (method === 'DELETE') return upload.abort(request)
    } else if (!has('partNumber')) {
      if (method === 'PUT') return object.put(request)
      if (method === 'GET') return object.get(request, true)
      if (method === 'HEAD') return object.get(request, false)
      if (method === 'DELETE') return object.remove(request)
    }
    throw notImplemented(`${method} with ${[...query.keys()].join(', ') || 'no parameters'}`)
  }

  const answer = async (request: IncomingMessage, target: string): Promise<S3Answer> => {
    const method = request.method ?? ''
    const address = parseAddress(target)
    if (method === 'OPTIONS') {
      const { origin = '' } = request.headers
      const asked = request.headers['access-control-request-headers']?.split(',').map((name) => name.trim()) ?? []
      const rules = buckets.get(address.bucket) ?? []
      const wanted = request.headers['access-control-request-method'] ?? ''
      return { status: 200, headers: preflightHeaders(rules, { origin, method: wanted, headers: asked }) }
    }
    const signed = { method, target, headers: request.headers }
    const { payloadHash } = verifySignature(signed, credentials, 's3', Date.now())
    if (!buckets.has(address.bucket)) throw noSuchBucket()
    const s3Request = { ...address, ...headersOf(request, address.query), payloadHash, body: request }
    refuseUnknown(s3Request)
    return dispatch(method, s3Request)
  }

  /** What lets a page of an allowed origin read the answer, errors too. */
  const allow = (request: IncomingMessage, target: string): Record<string, string> => {
    const { origin } = request.headers
    if (origin === undefined || request.method === 'OPTIONS') return {}
    const bucket = /^\/([^/?]*)/.exec(target)?.[1] ?? ''
    return corsHeaders(buckets.get(bucket) ?? [], origin, request.method ?? '')
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = randomBytes(8).toString('hex').toUpperCase()
    const target = request.url ?? '/'
    const common = { 'x-amz-request-id': requestId, ...allow(request, target) }
    try {
      const { status, headers, body = '' } = await answer(request, target)
      const isText = typeof body === 'string'
      const length = isText &&
        headers?.['content-length'] === undefined && { 'content-length': Buffer.byteLength(body) }
      response.writeHead(status, { ...common, ...(status !== 204 && status !== 304 && length), ...headers })
      if (isText) response.end(body)
      else await pipeline(Readable.from(body), response)
    } catch (error) {
      if (isDisconnect(error)) return
      if (response.headersSent) {
        response.destroy()
        throw error
      }
      // The sender may still be sending: the rest of its body is read and dropped, so that it comes to read the answer.
      request.resume()
      const { code, status, message, headers } = asS3Error(error)
      const body = document([
        'Error',
        [
          ['Code', code],
          ['Message', message],
          ['Resource', target],
          ['RequestId', requestId],
        ],
      ])
      response.writeHead(status, { ...common, 'content-type': 'application/xml', ...headers })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
  }
}

/** The client went away in the middle of a request or an answer. */
const isDisconnect = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as NodeJS.ErrnoException)?.code ?? '')

const asS3Error = (error: unknown): S3Error => {
  if (error instanceof S3Error) return error
  if (error instanceof SignatureError) return new S3Error(error.code, error.status, error.message)
  if (error instanceof URIError) return new S3Error('InvalidURI', 400, 'The request target cannot be decoded.')
  console.error(error)
  return new S3Error('InternalError', 500, 'The local stack failed; its output says why.')
}
