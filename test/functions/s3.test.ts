import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeS3Client } from '../../functions/aws/clients.ts'
import { NoSuchDocument, s3Documents } from '../../functions/aws/documents.ts'
import { s3MultipartUploads, unquoted } from '../../functions/aws/multipart-uploads.ts'
import { s3Source } from '../../functions/aws/s3-source.ts'
import { isTagged } from '../../shared/bytes/tagged-error.ts'

/** A server that answers as each test has it answer, to see what really goes over the wire. */
type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  requests.push({ method: request.method!, url: request.url!, headers: request.headers })
  answer(request, response, Buffer.concat(chunks).toString())
})
const requests: { method: string; url: string; headers: Record<string, unknown> }[] = []
let answer: Answer
let client: S3Client

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = new S3Client({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    maxAttempts: 2,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
})
afterAll(() => server.close())
beforeEach(() => {
  requests.length = 0
})

const object = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))
const ranged: Answer = (request, response) => {
  const [, from, to] = /bytes=(\d+)-(\d+)/.exec(String(request.headers.range))!
  response.writeHead(206, { etag: '"tag"' }).end(object.subarray(Number(from), Number(to) + 1))
}
const refused =
  (status: number, code: string): Answer =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`)

describe('a dump in S3', () => {
  const dump = { bucket: 'b', key: 'dumps/t/c/d', bytes: object.length, etag: 'tag', versionId: 'v7' }

  test('is read by exact ranges of its pinned version', async () => {
    answer = ranged
    const bytes = await s3Source(client, dump).read(10, 20)
    expect(Buffer.from(bytes)).toEqual(object.subarray(10, 30))
    const [{ url, headers }] = requests
    expect(new URL(url, 'http://s3').searchParams.get('versionId')).toBe('v7')
    expect(headers).toMatchObject({ range: 'bytes=10-29', 'if-match': '"tag"' })
  })

  test('keeps its connection', async () => {
    const ports = new Set<number>()
    answer = (request, response, body) => {
      ports.add(request.socket.remotePort!)
      ranged(request, response, body)
    }
    const source = s3Source(client, dump)
    for (let offset = 0; offset < 100; offset += 10) await source.read(offset, 10)
    expect(requests).toHaveLength(10)
    expect(ports.size).toBe(1)
  })

  test('is not asked for what lies past its end, nor for nothing', async () => {
    const source = s3Source(client, dump)
    await expect(source.read(990, 11)).rejects.toSatisfy((error) => isTagged(error, 'short-read'))
    expect(await source.read(1000, 0)).toHaveLength(0)
    expect(requests).toEqual([])
  })

  test('is read again when an answer breaks off', async () => {
    let broken = 0
    answer = (request, response, body) => {
      if (broken++ > 0) return ranged(request, response, body)
      response.writeHead(206, { 'content-length': '20' })
      response.write(object.subarray(0, 5), () => request.socket.destroy())
    }
    expect(Buffer.from(await s3Source(client, dump).read(0, 20))).toEqual(object.subarray(0, 20))
    expect(requests).toHaveLength(2)
  })

  test('that keeps sending too little is a passing trouble, never a short dump or zeroes', async () => {
    answer = (_request, response) => response.writeHead(206).end(object.subarray(0, 5))
    await expect(s3Source(client, dump).read(0, 20)).rejects.toSatisfy(
      (error) => error instanceof Error && !isTagged(error) && /5 of 20 bytes/.test(error.message),
    )
    expect(requests).toHaveLength(3)
  })

  test('that is throttled is asked again by the SDK', async () => {
    let asked = 0
    answer = (request, response, body) =>
      asked++ === 0 ? refused(503, 'SlowDown')(request, response, body) : ranged(request, response, body)
    expect(await s3Source(client, dump).read(0, 20)).toHaveLength(20)
  })

  test.each([
    [404, 'NoSuchKey'],
    [404, 'NoSuchVersion'],
    [412, 'PreconditionFailed'],
  ])('that is not there any more (%i %s) is a fault of the dump', async (status, code) => {
    answer = refused(status, code)
    await expect(s3Source(client, dump).read(0, 20)).rejects.toSatisfy((error) => isTagged(error, 'dump-gone'))
    expect(requests).toHaveLength(1)
  })

  test('that may not be read is our fault', async () => {
    answer = refused(403, 'AccessDenied')
    await expect(s3Source(client, dump).read(0, 20)).rejects.toSatisfy((error) => !isTagged(error))
  })
})

describe('a part’s URL', () => {
  const upload = { key: 'dumps/t/c/d', multipartId: 'u1' }
  const sha256 = 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg='

  test('is signed for one part, one length, one checksum and a short time', async () => {
    const url = new URL((await s3MultipartUploads(client, 'b').signPart(upload, 3, { bytes: 8_388_608, sha256 })).url)
    expect(url.pathname).toBe('/b/dumps/t/c/d')
    const query = Object.fromEntries(url.searchParams)
    expect(query).toMatchObject({ partNumber: '3', uploadId: 'u1', 'X-Amz-Expires': '900' })
    // In the query S3 would sign the checksum and then ignore it.
    expect(query['X-Amz-SignedHeaders']).toBe('content-length;host;x-amz-checksum-sha256')
    expect(Object.keys(query).filter((name) => /checksum/i.test(name))).toEqual([])
    const other = new URL((await s3MultipartUploads(client, 'b').signPart(upload, 3, { bytes: 8_388_609, sha256 })).url)
    expect(other.searchParams.get('X-Amz-Signature')).not.toBe(query['X-Amz-Signature'])
  })

  test('of the function’s own client carries no checksum of an empty body', async () => {
    const configured = makeS3Client()
    expect(await configured.config.requestChecksumCalculation()).toBe('WHEN_REQUIRED')
    const url = new URL((await s3MultipartUploads(client, 'b').signPart(upload, 1, { bytes: 0, sha256 })).url)
    expect([...url.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([])
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toContain('content-length')
  })
})

describe('a multipart upload', () => {
  const upload = { key: 'dumps/t/c/d', multipartId: 'u1' }
  const parts = [{ partNumber: 1, etag: '"e1"', bytes: 1, sha256: 'digest-1' }]

  test('is completed with its parts', async () => {
    let sent = ''
    answer = (_request, response, body) => {
      sent = body
      response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end('<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>')
    }
    expect(await s3MultipartUploads(client, 'b').complete(upload, parts)).toBe('completed')
    expect(sent).toMatch(/<PartNumber>1<\/PartNumber>/)
    expect(sent).toMatch(/e1/)
    expect(sent).toMatch(/<ChecksumSHA256>digest-1<\/ChecksumSHA256>/)
    expect(requests[0].headers).toMatchObject({ 'if-none-match': '*' })
  })

  test.each([
    ['InvalidPart', 'refused'],
    ['EntityTooSmall', 'refused'],
    ['NoSuchUpload', 'gone'],
    ['PreconditionFailed', 'gone'],
  ])('that S3 answers with %s is %s', async (code, completion) => {
    answer = refused(400, code)
    expect(await s3MultipartUploads(client, 'b').complete(upload, parts)).toBe(completion)
  })

  test('that is not allowed is an error', async () => {
    answer = refused(403, 'AccessDenied')
    await expect(s3MultipartUploads(client, 'b').complete(upload, parts)).rejects.toThrow()
  })

  test('lists its parts over several pages', async () => {
    // As S3 does it: the last page names a next marker as well.
    const page = (part: number, isTruncated: boolean) =>
      `<ListPartsResult><IsTruncated>${isTruncated}</IsTruncated><NextPartNumberMarker>${part}</NextPartNumberMarker>` +
      `<Part><PartNumber>${part}</PartNumber><ETag>"e${part}"</ETag><Size>${part * 10}</Size><ChecksumSHA256>s${part}</ChecksumSHA256></Part></ListPartsResult>`
    answer = (request, response) => {
      const marker = new URL(request.url!, 'http://s3').searchParams.get('part-number-marker')
      response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(marker === null ? page(1, true) : page(2, false))
    }
    expect(await s3MultipartUploads(client, 'b').listParts(upload)).toEqual([
      { partNumber: 1, etag: '"e1"', bytes: 10, sha256: 's1' },
      { partNumber: 2, etag: '"e2"', bytes: 20, sha256: 's2' },
    ])
    expect(requests).toHaveLength(2)
    answer = refused(404, 'NoSuchUpload')
    expect(await s3MultipartUploads(client, 'b').listParts(upload)).toBeNull()
  })

  test('is aborted whether or not S3 still knows it', async () => {
    answer = refused(404, 'NoSuchUpload')
    await s3MultipartUploads(client, 'b').abort(upload)
    expect(requests[0].method).toBe('DELETE')
  })

  test('leaves an object whose version is read off it', async () => {
    answer = (_request, response) =>
      response
        .writeHead(200, {
          'content-length': '77',
          etag: '"whole-1"',
          'x-amz-version-id': 'v3',
          'x-amz-checksum-sha256': 'sum-1',
        })
        .end()
    expect(await s3MultipartUploads(client, 'b').head('k')).toEqual({
      bytes: 77,
      etag: 'whole-1',
      versionId: 'v3',
      sha256: 'sum-1',
    })
    expect(requests[0].headers).toMatchObject({ 'x-amz-checksum-mode': 'ENABLED' })
    answer = (_request, response) => response.writeHead(404).end()
    expect(await s3MultipartUploads(client, 'b').head('k')).toBeNull()
    expect(unquoted('plain')).toBe('plain')
  })
})

test('a document that is not there is one thing, however S3 says it; a refusal is another', async () => {
  const documents = s3Documents(client, 'b')
  answer = refused(404, 'NoSuchKey')
  await expect(documents.read('k')).rejects.toThrow(NoSuchDocument)
  answer = (_request, response) => response.writeHead(404).end()
  await expect(documents.size('k')).rejects.toThrow(NoSuchDocument)
  for (const code of ['AccessDenied', 'NoSuchBucket']) {
    answer = refused(code === 'AccessDenied' ? 403 : 404, code)
    await expect(documents.read('k')).rejects.not.toThrow(NoSuchDocument)
  }
})
