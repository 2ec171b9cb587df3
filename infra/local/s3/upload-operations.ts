import { XMLParser } from 'fast-xml-parser'
import { z } from 'zod'
import { BodyTooLarge, readBody } from '../endpoints/loopback.ts'
import type { Blobs } from './blobs.ts'
import { sha256Header } from './checks.ts'
import { invalidArgument, notImplemented, S3Error } from './errors.ts'
import { checkKey, storedHeaders, versionHeader } from './object-operations.ts'
import { receiveBody } from './receive-body.ts'
import { numberParameter, type S3Answer, type S3Request } from './request.ts'
import { algorithmHeader, type NamedPart, type Uploads } from './uploads.ts'
import { document, type Element } from './xml.ts'

/** More than 10,000 parts take with every checksum a client may name. */
const largestCompletion = 4 * 2 ** 20

/** Create, upload part, list parts, complete and abort of a multipart upload. */
export const uploadOperations = (uploads: Uploads, blobs: Blobs) => {
  const create = async (request: S3Request): Promise<S3Answer> => {
    checkKey(request.key)
    const algorithm = request.header(algorithmHeader)
    if (algorithm !== undefined && algorithm !== 'SHA256') throw notImplemented(`the checksum algorithm ${algorithm}`)
    const headers = { ...storedHeaders(request), ...(algorithm !== undefined && { [algorithmHeader]: algorithm }) }
    const uploadId = uploads.create(request.bucket, request.key, headers)
    return xml(
      [
        'InitiateMultipartUploadResult',
        [
          ['Bucket', request.bucket],
          ['Key', request.key],
          ['UploadId', uploadId],
        ],
      ],
      algorithm === undefined ? {} : { [algorithmHeader]: algorithm, 'x-amz-checksum-type': 'COMPOSITE' },
    )
  }

  const putPart = async (request: S3Request): Promise<S3Answer> => {
    const { bucket, key, query } = request
    const uploadId = uploadIdOf(request)
    const number = numberParameter(query, 'partNumber', 0)
    if (number < 1 || number > 10_000) throw invalidArgument('A part number is from 1 to 10,000.')
    uploads.require(uploadId, bucket, key)
    const blob = await receiveBody(blobs, request)
    try {
      await blobs.remove(uploads.addPart(uploadId, bucket, key, number, blob))
    } catch (error) {
      await blobs.remove([blob.id])
      throw error
    }
    return { status: 200, headers: { etag: `"${blob.md5}"`, ...(blob.sha256 && { [sha256Header]: blob.sha256 }) } }
  }

  const list = async (request: S3Request): Promise<S3Answer> => {
    const { bucket, key, query } = request
    const limit = Math.min(numberParameter(query, 'max-parts', 1000), 1000)
    const marker = numberParameter(query, 'part-number-marker', 0)
    const found = uploads.parts(uploadIdOf(request), bucket, key, marker, limit + 1)
    const parts = found.slice(0, limit)
    return xml([
      'ListPartsResult',
      [
        ['Bucket', bucket],
        ['Key', key],
        ['UploadId', uploadIdOf(request)],
        ['PartNumberMarker', marker],
        ['NextPartNumberMarker', parts.at(-1)?.number ?? marker],
        ['MaxParts', limit],
        ['IsTruncated', String(found.length > limit)],
        ...parts.map(
          ({ number, etag, size, modified, sha256 }): Element => [
            'Part',
            [
              ['PartNumber', number],
              ['LastModified', new Date(modified).toISOString()],
              ['ETag', `"${etag}"`],
              ['Size', size],
              sha256 === null ? undefined : ['ChecksumSHA256', sha256],
            ],
          ],
        ),
      ],
    ])
  }

  const complete = async (request: S3Request): Promise<S3Answer> => {
    const { bucket, key } = request
    const named = await readCompletion(request)
    const { created, unused } = uploads.complete(uploadIdOf(request), bucket, key, named, request.header)
    await blobs.remove(unused)
    const composite = created.headers[sha256Header]
    return xml(
      [
        'CompleteMultipartUploadResult',
        [
          ['Location', `/${bucket}/${encodeURIComponent(key)}`],
          ['Bucket', bucket],
          ['Key', key],
          ['ETag', `"${created.etag}"`],
          composite === undefined ? undefined : ['ChecksumSHA256', composite],
          composite === undefined ? undefined : ['ChecksumType', 'COMPOSITE'],
        ],
      ],
      versionHeader(created),
    )
  }

  const abort = async (request: S3Request): Promise<S3Answer> => {
    await blobs.remove(uploads.abort(uploadIdOf(request), request.bucket, request.key))
    return { status: 204 }
  }

  return { create, putPart, list, complete, abort }
}

const xml = (root: Element, headers: Record<string, string> = {}): S3Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml', ...headers },
  body: document(root),
})

const uploadIdOf = ({ query }: S3Request): string => query.get('uploadId') ?? ''

const Completion = z.object({
  CompleteMultipartUpload: z.object({
    Part: z
      .array(z.object({ PartNumber: z.coerce.number().int(), ETag: z.string(), ChecksumSHA256: z.string().optional() }))
      .min(1)
      .max(10_000),
  }),
})

const parser = new XMLParser({ isArray: (name) => name === 'Part', parseTagValue: false })

const readCompletion = async (request: S3Request): Promise<NamedPart[]> => {
  let text: string
  try {
    text = (await readBody(request.body, largestCompletion)).toString()
  } catch (error) {
    if (error instanceof BodyTooLarge) throw malformedXml(error.message)
    throw error
  }
  let parsed: unknown
  try {
    parsed = parser.parse(text)
  } catch (error) {
    throw malformedXml((error as Error).message)
  }
  const completion = Completion.safeParse(parsed)
  if (!completion.success) throw malformedXml('it does not name 1 to 10,000 parts')
  return completion.data.CompleteMultipartUpload.Part.map(({ PartNumber, ETag, ChecksumSHA256 }) => ({
    number: PartNumber,
    sha256: ChecksumSHA256 ?? null,
    etag: ETag.replaceAll('&quot;', '"').replace(/^"(.*)"$/, '$1'),
  }))
}

const malformedXml = (why: string): S3Error =>
  new S3Error('MalformedXML', 400, `The body is not a list of parts: ${why}.`)
