import { bodyOf } from '../endpoints/loopback.ts'
import { decodeChunks } from './aws-chunked.ts'
import type { Blob, Blobs } from './blobs.ts'
import { bodyChecks, verifyChecks } from './checks.ts'
import { notImplemented, S3Error } from './errors.ts'
import type { S3Request } from './request.ts'

/** 5 GiB: what one request may upload ("Multipart upload limits", S3 user guide). */
const largestBody = 5 * 2 ** 30

/** A body on disk. `sha256` in base64 where its sender gave one, and so had it verified. */
export type Received = Blob & { readonly sha256: string | null }

/** Writes a request's body to disk and verifies everything its sender said about it: length, digests, framing. */
export const receiveBody = async (blobs: Blobs, request: S3Request): Promise<Received> => {
  const { header, payloadHash } = request
  const signedChunks = payloadHash.startsWith('STREAMING-AWS4-')
  if (signedChunks) throw notImplemented(`signed chunks (${payloadHash})`)
  const chunked = payloadHash.startsWith('STREAMING-') || /\baws-chunked\b/.test(header('content-encoding') ?? '')
  const length = header(chunked ? 'x-amz-decoded-content-length' : 'content-length')
  if (length === undefined || !/^\d{1,15}$/.test(length))
    throw new S3Error('MissingContentLength', 411, 'The length of the body must be given.')
  if (Number(length) > largestBody)
    throw new S3Error('EntityTooLarge', 400, `The body has ${length} bytes, and at most ${largestBody} are allowed.`)

  const trailers = new Map<string, string>()
  const checks = bodyChecks(payloadHash, header, request.headerNames, trailers)
  const body = bodyOf(request.body)
  let sha256: string | null = null
  const blob = await blobs.write(
    chunked ? decodeChunks(body, trailers) : body,
    (chunk) => {
      for (const { digest } of checks) digest.update(chunk)
    },
    (size) => {
      if (size !== Number(length))
        throw new S3Error('IncompleteBody', 400, `The body has ${size} bytes, and ${length} were announced.`)
      sha256 = verifyChecks(checks)
    },
  )
  return { ...blob, sha256 }
}
