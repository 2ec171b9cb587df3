import { createHash } from 'node:crypto'
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { s3MultipartUploads } from '../../functions/aws/multipart-uploads.ts'
import { newId, newLinkToken } from '../../functions/aws/new-id.ts'
import type { CreateUploadLink, LinkUpload, SignedParts } from '../../shared/cases/links/upload-api.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import { compositeSha256 } from '../../shared/upload/sha256.ts'
import { startBucket } from '../infra/local/support/s3.ts'
import { expectProblem, prepare } from './api-under-test.ts'

/**
 * What somebody may try who has an upload link, had one, or would like one: each attempt against the API and a real S3
 * endpoint that verifies signatures and checksums.
 */
const partBytes = 8 * 2 ** 20
const bytesOfPart = (part: number, length = partBytes) => Buffer.alloc(length, `part ${part} `)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64')
const last = Buffer.from('the end')
const parts = [bytesOfPart(1), bytesOfPart(2), last]
const bytes = 2 * partBytes + last.length
const file = { fileName: 'MEMORY.DMP', bytes }

beforeEach(() => void vi.useRealTimers())

const links = async () => {
  const { s3, Bucket } = await startBucket()
  const clock = { now: new Date() }
  const api = prepare({ uploads: s3MultipartUploads(s3, Bucket), newId, newLinkToken, now: () => clock.now })
  /** As somebody without a login. */
  const ask = (method: string, path: string, body?: unknown, query?: Record<string, string>) =>
    api.call(method, `/api/upload-links/${path}`, body, query, null)
  const openCase = async (tenant = 'default') =>
    (await api.call('POST', '/api/cases', { title: 'secret title' }, undefined, { tenant })).body.caseId as string
  const makeLink = async (caseId: string, limits: Partial<CreateUploadLink> = {}, tenant = 'default') => {
    const body = { company: 'Example Ltd', ...limits }
    const made = await api.call('POST', `/api/cases/${caseId}/upload-links`, body, undefined, { tenant })
    expect(made.status).toBe(201)
    return made.body as { token: string; link: { linkId: string; caseId: string } }
  }
  const start = async (token: string, what: object = file) => {
    const answer = await ask('POST', `${token}/uploads`, what)
    expect(answer.status).toBe(201)
    return { ...(answer.body as LinkUpload), path: `${token}/uploads/${answer.body.uploadId}` }
  }
  const sign = async (path: string, partNumber: number, digest = sha256(parts[partNumber - 1])) => {
    const answer = await ask('POST', `${path}/parts`, { parts: [{ partNumber, sha256: digest }] })
    return (answer.body as SignedParts).parts[0]
  }
  const sendAll = async (path: string, bodies: readonly Buffer[] = parts) => {
    for (const [index, body] of bodies.entries()) {
      const { url, headers } = await sign(path, index + 1, sha256(body))
      expect((await fetch(url, { method: 'PUT', headers, body })).status).toBe(200)
    }
    return { sha256: await compositeSha256(bodies.map(sha256)) }
  }
  return { ...api, s3, Bucket, clock, ask, openCase, makeLink, start, sign, sendAll }
}

/** Status and S3's code of an attempt to PUT. */
const put = async (url: string, body: Uint8Array, headers: Record<string, string> = {}, method = 'PUT') => {
  const response = await fetch(url, { method, headers, ...(method === 'PUT' && { body }) })
  const code = /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]
  return code === undefined ? `${response.status}` : `${response.status} ${code}`
}

describe('a link', () => {
  test('takes a dump, tells nothing of the case, and is recorded', async () => {
    const { ask, openCase, makeLink, start, sendAll, store, table } = await links()
    const caseId = await openCase()
    const { token, link } = await makeLink(caseId, { note: 'for Ms Example', maxDumps: 2 })
    const seen = await ask('GET', token)
    expect(Object.keys(seen.body).sort()).toEqual(['bytesLeft', 'company', 'dumpsLeft', 'expiresAt'])
    const { path, ...started } = await start(token)
    expect(Object.keys(started).sort()).toEqual(['partBytes', 'parts', 'uploadId'])
    const whole = await sendAll(path)
    const completed = await ask('POST', `${path}/complete`, whole)
    expect(completed.body).toEqual({ status: 'received' })
    const answers = JSON.stringify([seen.body, started, completed.body])
    for (const secret of [caseId, 'secret title', 'Ms Example', link.linkId]) expect(answers).not.toContain(secret)

    const detail = await store.detail(caseId)
    expect(detail?.dumps).toMatchObject([{ dump: { status: 'uploaded', bytes, ...whole, linkId: link.linkId } }])
    expect((await ask('GET', token)).body).toMatchObject({ dumpsLeft: 1 })
    const events = [...table.items.values()]
      .filter(({ sk }) => sk.startsWith('audit#'))
      .map(({ record }) => record as { action: string; actor: string })
      .filter(({ action }) => action !== 'case.created')
    expect(events.map(({ action, actor }) => [action, actor])).toEqual([
      ['upload-link.created', expect.not.stringMatching(/^link:/)],
      ['upload.completed', `link:${link.linkId}`],
    ])
    const kept = JSON.stringify([...table.items.values()])
    expect(kept).not.toContain(token)
    expect(kept).toContain(createHash('sha256').update(token).digest('hex'))
  })

  test('that is unknown, revoked or expired is answered alike by every path', async () => {
    const { ask, call, openCase, makeLink, start, clock } = await links()
    const caseId = await openCase()
    const [revoked, expired] = [await makeLink(caseId), await makeLink(caseId, { days: 1 })]
    const [ofRevoked, ofExpired] = [await start(revoked.token), await start(expired.token)]
    await call('DELETE', `/api/cases/${caseId}/upload-links/${revoked.link.linkId}`)
    clock.now = new Date(clock.now.getTime() + 24 * 60 * 60_000)
    const guessed = newLinkToken()
    const digest = { parts: [{ partNumber: 1, sha256: sha256(parts[0]) }] }
    const whole = { sha256: `${sha256(parts[0])}-3` }
    const answersOf = async (token: string, uploadId: string) => {
      const upload = `${token}/uploads/${uploadId}`
      const answers = [
        await ask('GET', token),
        await ask('POST', `${token}/uploads`, file),
        await ask('POST', `${upload}/parts`, digest),
        await ask('GET', `${upload}/parts`),
        await ask('POST', `${upload}/complete`, whole),
        await ask('DELETE', upload),
        await ask('POST', `${token}/put`, undefined, { fileName: 'a', bytes: '1' }),
      ]
      return answers.map(({ status, body: { instance, ...problem } }) => ({ status, problem }))
    }
    const unknown = await answersOf(guessed, ofRevoked.uploadId)
    for (const { status, problem } of unknown)
      expect([status, problem.type]).toEqual([404, 'urn:dumpline:problem:no-such-link'])
    expect(await answersOf(revoked.token, ofRevoked.uploadId)).toEqual(unknown)
    expect(await answersOf(expired.token, ofExpired.uploadId)).toEqual(unknown)
  })

  test('of another kind, and a text that is no token, open nothing', async () => {
    const { ask, links: index } = await links()
    const vendor = newLinkToken()
    await index.insert(vendor, { kind: 'vendor', tenant: 'default', caseId: newId('case'), linkId: newId('link') })
    expect((await ask('GET', vendor)).status).toBe(404)
    for (const text of ['x', `${vendor}x`, '../../cases', `${vendor}%00`, 'a'.repeat(10_000)])
      expect((await ask('GET', text)).status, text.slice(0, 50)).toBe(404)
  })

  test('does not lead to an upload of another link, of the case itself, or of another tenant', async () => {
    const { ask, call, openCase, makeLink, start, sendAll } = await links()
    const [mine, other, foreign] = [await openCase(), await openCase(), await openCase('other')]
    const { token } = await makeLink(mine)
    const own = (await call('POST', `/api/cases/${mine}/uploads`, file)).body.uploadId
    const uploads = [
      own,
      ...(await Promise.all(
        [await makeLink(mine), await makeLink(other), await makeLink(foreign, {}, 'other')].map(async (link) => {
          const { uploadId, path } = await start(link.token)
          await sendAll(path)
          return uploadId
        }),
      )),
    ]
    for (const uploadId of uploads) {
      const path = `${token}/uploads/${uploadId}`
      const digest = { parts: [{ partNumber: 1, sha256: sha256(parts[0]) }] }
      const whole = { sha256: await compositeSha256(parts.map(sha256)) }
      expectProblem(await ask('POST', `${path}/parts`, digest), 404, 'not-found')
      expectProblem(await ask('GET', `${path}/parts`), 404, 'not-found')
      expectProblem(await ask('POST', `${path}/complete`, whole), 404, 'not-found')
      expectProblem(await ask('DELETE', path), 404, 'not-found')
    }
  })

  test('is made, seen and revoked by those of its tenant who may write cases, and by nobody else', async () => {
    const { call, openCase, makeLink } = await links()
    const caseId = await openCase()
    const { link } = await makeLink(caseId)
    const path = `/api/cases/${caseId}/upload-links`
    const body = { company: 'Example Ltd' }
    expect((await call('POST', path, body, undefined, { role: 'viewer' })).status).toBe(403)
    expect((await call('DELETE', `${path}/${link.linkId}`, undefined, undefined, { role: 'viewer' })).status).toBe(403)
    expect((await call('POST', path, body, undefined, null)).status).toBe(401)
    expect((await call('POST', path, body, undefined, { tenant: 'other' })).status).toBe(404)
    expect((await call('DELETE', `${path}/${link.linkId}`, undefined, undefined, { tenant: 'other' })).status).toBe(404)
    expect((await call('GET', path, undefined, undefined, { tenant: 'other' })).status).toBe(404)
    const { links: seen } = (await call('GET', path)).body
    expect(seen).toMatchObject([{ linkId: link.linkId, revokedAt: null }])
    expect(JSON.stringify(seen)).not.toMatch(/token/i)
  })

  test('takes no more dumps and bytes than it was made for; what is given up counts no more', async () => {
    const { ask, openCase, makeLink, start } = await links()
    const caseId = await openCase()
    const { token } = await makeLink(caseId, { maxDumps: 2, maxBytes: 100 })
    const begin = (size: number) => ask('POST', `${token}/uploads`, { fileName: 'a.dmp', bytes: size })
    expectProblem(await begin(101), 409, 'link-bytes')
    const { path } = await start(token, { fileName: 'a.dmp', bytes: 60 })
    expectProblem(await begin(41), 409, 'link-bytes')
    expectProblem(await ask('POST', `${token}/put`, undefined, { fileName: 'a', bytes: '41' }), 409, 'link-bytes')
    await start(token, { fileName: 'b.dmp', bytes: 40 })
    expectProblem(await begin(0), 409, 'link-dumps')
    await ask('DELETE', path)
    expect((await ask('GET', token)).body).toMatchObject({ dumpsLeft: 1, bytesLeft: 60 })
    await start(token, { fileName: 'c.dmp', bytes: 60 })
    for (const wrong of [{ bytes: -1 }, { bytes: 2 ** 60 }, { bytes: 1.5 }, { lane: 'normal' }, { fileName: '' }])
      expectProblem(await ask('POST', `${token}/uploads`, { ...file, ...wrong }), 400, 'invalid-request')
  })
})

describe('a signed URL', () => {
  const signed = async () => {
    const all = await links()
    const caseId = await all.openCase()
    const { token } = await all.makeLink(caseId)
    const upload = await all.start(token)
    const part = await all.sign(upload.path, 1)
    return { ...all, caseId, token, upload, ...part }
  }

  test.each<[string, (url: string) => string, Uint8Array, Record<string, string>, string]>([
    ['another part', (url) => url.replace('partNumber=1', 'partNumber=2'), parts[0], {}, '403 SignatureDoesNotMatch'],
    [
      'another key',
      (url) => url.replace('/dumps/default/', '/dumps/other/'),
      parts[0],
      {},
      '403 SignatureDoesNotMatch',
    ],
    [
      'another bucket',
      (url) => url.replace('/dumps/dumps/', '/logs/dumps/'),
      parts[0],
      {},
      '403 SignatureDoesNotMatch',
    ],
    ['a longer life', (url) => url.replace('Expires=900', 'Expires=90000'), parts[0], {}, '403 SignatureDoesNotMatch'],
    [
      'a whole object',
      (url) => url.replace(/&partNumber=1|&uploadId=[^&]+/g, ''),
      parts[0],
      {},
      '403 SignatureDoesNotMatch',
    ],
    ['a shorter body', (url) => url, parts[0].subarray(1), {}, '403 SignatureDoesNotMatch'],
    ['a longer body', (url) => url, Buffer.concat([parts[0], last]), {}, '403 SignatureDoesNotMatch'],
    ['other bytes of that length', (url) => url, parts[1], {}, '400 BadDigest'],
    [
      'other bytes with their own checksum',
      (url) => url,
      parts[1],
      { 'x-amz-checksum-sha256': sha256(parts[1]) },
      '403 SignatureDoesNotMatch',
    ],
    ['an extra header', (url) => url, parts[0], { 'x-amz-meta-x': '1' }, '403 AccessDenied'],
  ])('is good for nothing else: %s', async (_what, change, body, more, outcome) => {
    const { url, headers } = await signed()
    expect(await put(change(url), body, { ...headers, ...more })).toBe(outcome)
    expect(await put(url, parts[0], headers)).toBe('200')
  })

  test.each(['GET', 'DELETE', 'POST', 'HEAD'])('is good for no %s', async (method) => {
    const { url, headers } = await signed()
    expect(await put(url, parts[0], headers, method)).toMatch(/^403/)
  })

  test('without its checksum header, or after its time, is refused', async () => {
    const { url, headers } = await signed()
    expect(await put(url, parts[0])).toBe('403 SignatureDoesNotMatch')
    vi.useFakeTimers({ now: Date.now() + 901_000, toFake: ['Date'] })
    expect(await put(url, parts[0], headers)).toBe('403 AccessDenied')
  })

  test('opens nothing once the upload is complete, and what it made stays as it is', async () => {
    const { url, headers, upload, ask, sendAll, s3, Bucket, caseId, token, store } = await signed()
    const whole = await sendAll(upload.path)
    expect((await ask('POST', `${upload.path}/complete`, whole)).status).toBe(200)
    expect(await put(url, parts[0], headers)).toBe('404 NoSuchUpload')
    expect((await ask('POST', `${upload.path}/complete`, whole)).body).toEqual({ status: 'received' })
    const other = { sha256: `${sha256(last)}-3` }
    expect((await ask('POST', `${upload.path}/complete`, other)).body).toEqual({ status: 'received' })
    expectProblem(await ask('DELETE', upload.path), 409, 'upload-complete')
    const dumps = (await store.detail(caseId))!.dumps
    expect(dumps).toMatchObject([{ dump: { status: 'uploaded', sha256: whole.sha256 } }])
    const Key = dumpKey({ tenant: 'default', ...dumps[0].dump })
    const object = await s3.send(new GetObjectCommand({ Bucket, Key }))
    expect(Buffer.concat(parts).equals(await object.Body!.transformToByteArray())).toBe(true)
    expect(object.VersionId).toBe(dumps[0].dump.versionId)
    expect((await ask('GET', token)).body.dumpsLeft).toBe(4)
  })

  test('of a single PUT takes those bytes once and never again', async () => {
    const { ask, caseId, token, s3, Bucket, store } = await signed()
    const body = parts[2]
    const query = { fileName: 'small.dmp', bytes: String(body.length), sha256: sha256(body) }
    const answer = await ask('POST', `${token}/put`, undefined, query)
    expect(answer.headers).toMatchObject({ 'content-type': expect.stringMatching(/^text\/plain/) })
    const url = String(answer.body).trim()
    const headers = { 'if-none-match': '*', 'x-amz-checksum-sha256': sha256(body) }
    expect(await put(url, body, { 'x-amz-checksum-sha256': sha256(body) })).toBe('403 SignatureDoesNotMatch')
    expect(await put(url, Buffer.from('not end'), headers)).toBe('400 BadDigest')
    expect(await put(url, body, headers)).toBe('200')
    expect(await put(url, body, headers)).toBe('412 PreconditionFailed')
    const { dump } = (await store.detail(caseId))!.dumps.find((each) => each.dump.uploadId === null)!
    const Key = dumpKey({ tenant: 'default', ...dump })
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
    expect(head.ChecksumSHA256).toBe(sha256(body))
    expectProblem(
      await ask('POST', `${token}/put`, undefined, { ...query, bytes: String(5 * 2 ** 30 + 1) }),
      400,
      'invalid-request',
    )
  })
})

test.each([
  '../../../etc/passwd',
  '..\\..\\windows\\system32\\x.dmp',
  'C:\\Windows\\MEMORY.DMP',
  'nul\0byte.dmp',
  'line\r\nbreak: x',
  '<img src=x onerror=alert(1)>',
  '"; DROP TABLE dumps; --',
  '\u202eevil.dmp',
  'dumps/other/case_1/dump_1',
  '%2e%2e%2f',
  '💥'.repeat(127),
])('the file name %j is kept as it is, as data, and is no part of the key', async (fileName) => {
  const { openCase, makeLink, start, sendAll, ask, store, s3, Bucket } = await links()
  const caseId = await openCase()
  const { token } = await makeLink(caseId)
  const { path } = await start(token, { fileName, bytes: last.length })
  await ask('POST', `${path}/complete`, await sendAll(path, [last]))
  const [{ dump }] = (await store.detail(caseId))!.dumps
  expect(dump.fileName).toBe(fileName)
  const Key = dumpKey({ tenant: 'default', caseId, dumpId: dump.dumpId })
  expect(Key).toMatch(/^dumps\/default\/case_[0-9a-z]{26}\/dump_[0-9a-z]{26}$/)
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength).toBe(last.length)
})
