import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { CreatedVendorLink, VendorLinkList, VendorReport } from '../../shared/cases/links/vendor-link.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import { analysisRecord, caseRecord, ids, start, uploadedDump } from '../cases/records.ts'
import { snapshot, tagRow } from '../growth/snapshots.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const casePath = `/api/cases/${ids.caseId}`
const analysis = snapshot(0, [tagRow('Thre', 10, 6240)], { headline: 'Thre grows.' })

/** A case called "Secret customer" with a finished analysis, and a clock in hours. */
const solved = async (status: 'done' | 'running' = 'done') => {
  const clock = { hours: 0 }
  const api = prepare({ now: () => new Date(start.getTime() + clock.hours * 3_600_000) })
  await api.store.cases.insert(ids, { ...caseRecord, title: 'Secret customer' })
  await api.store.dumps.insert(ids, { ...uploadedDump, fileName: 'secret.dmp', currentAnalysisId: ids.analysisId })
  await api.store.analyses.insert(ids, { ...analysisRecord, status })
  api.documents.texts.set(analysisKey({ tenant: 'default', ...ids }), JSON.stringify(analysis))
  const make = (body: object = { dumpId: ids.dumpId }) => api.call('POST', `${casePath}/vendor-links`, body)
  const list = async () => VendorLinkList.parse((await api.call('GET', `${casePath}/vendor-links`)).body).links
  const events = () =>
    [...api.table.items.values()]
      .filter(({ sk }) => sk.startsWith('audit#'))
      .map(({ record }) => record as { action: string; actor: string })
      .map(({ action, actor }) => `${action} by ${actor}`)
  return { ...api, clock, make, list, events }
}

type World = Awaited<ReturnType<typeof solved>>

/** Removes every item whose sort key begins so. */
const forget = ({ items }: World['table'], prefix: string): void => {
  for (const [key, { sk }] of items) if (sk.startsWith(prefix)) items.delete(key)
}

describe('a vendor link', () => {
  test('shows the report to whoever has it, and nothing else of the case', async () => {
    const { make, call, events } = await solved()
    const made = await make()
    expect(made.status).toBe(201)
    const { token, expiresAt, linkId } = CreatedVendorLink.parse(made.body)
    expect(expiresAt).toBe('2026-05-18T10:00:00.000Z')
    const answers = [
      await call('GET', `/api/vendor-links/${token}`),
      await call('GET', `/api/vendor-links/${token}/analysis`),
      await call('GET', `/api/vendor-links/${token}/report`),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(VendorReport.parse(answers[0].body).expiresAt).toBe(expiresAt)
    expect(answers[1].body).toEqual(analysis)
    expect(answers[2].body).toMatch(/^# Thre grows\./)
    expect(JSON.stringify(answers)).not.toMatch(/[Ss]ecret|case_|dump_|analysis_|default/)
    expect(events()).toEqual(['vendor-link.created by local', `vendor-link.opened by link:${linkId}`])
  })

  test('leaves no token behind, in the table or in the list', async () => {
    const { make, list, table } = await solved()
    const { token } = (await make()).body
    expect(await list()).toMatchObject([{ revokedAt: null, openedAt: null }])
    expect(JSON.stringify([await list(), [...table.items]])).not.toContain(token)
  })

  test('ends when it expires', async () => {
    const { make, call, clock } = await solved()
    const { token } = (await make({ dumpId: ids.dumpId, days: 1 })).body
    clock.hours = 23
    expect((await call('GET', `/api/vendor-links/${token}`)).status).toBe(200)
    clock.hours = 24
    for (const path of ['', '/analysis', '/report'])
      expectProblem(await call('GET', `/api/vendor-links/${token}${path}`), 410, 'link-ended')
  })

  test('shows an analysis of any length by itself: an address in storage would tell tenant and case', async () => {
    const { make, call, documents } = await solved()
    const { token } = (await make()).body
    const modules = Array.from({ length: 60_000 }, (_, index) => ({
      ...analysis.modules[0],
      name: `driver${index}.sys`,
    }))
    const long = { ...analysis, modules }
    const key = analysisKey({ tenant: 'default', ...ids })
    documents.texts.set(key, JSON.stringify(long))
    expect(documents.texts.get(key)!.length).toBeGreaterThan(6 * 2 ** 20)
    const answer = await call('GET', `/api/vendor-links/${token}/analysis`)
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip' })
    expect(answer.headers).not.toHaveProperty('location')
    expect(answer.body.modules).toHaveLength(modules.length)
  })

  test('of an analysis too long for any answer hands a copy out, under a name that tells neither tenant nor case', async () => {
    const { make, call, documents, handedOut } = await solved()
    const { token, linkId } = (await make()).body
    const long = { ...analysis, headline: randomBytes(5 * 2 ** 20).toString('base64') }
    documents.texts.set(analysisKey({ tenant: 'default', ...ids }), JSON.stringify(long))
    const paths = [`/api/vendor-links/${token}/analysis`, `/api/vendor-links/${token}/report`]
    const answers = [await call('GET', paths[0]), await call('GET', paths[1])]
    for (const { status, body, headers } of answers) {
      expect({ status, body, cache: headers['cache-control'] }).toEqual({
        status: 307,
        body: undefined,
        cache: 'no-store',
      })
      expect(String(headers.location)).toMatch(/^https:\/\/storage\.example\/handed-out\/[\w-]+$/)
      for (const word of ['default', ...Object.values(ids), token, linkId]) expect(headers.location).not.toContain(word)
    }
    const [asJson, asText] = answers.map(({ headers }) => handedOut.get(String(headers.location))!)
    expect(asJson).toMatchObject({ mediaType: 'application/json', encoding: 'gzip' })
    expect(JSON.parse(gunzipSync(asJson.body as Buffer).toString())).toEqual(long)
    expect(asText).toMatchObject({ mediaType: 'text/markdown; charset=utf-8', fileName: 'dumpline-report.md' })
    expect(asText.body).toContain(long.headline.slice(0, 1000))
    // Each question has a copy of its own, and none has one any more once the link is revoked.
    expect((await call('GET', paths[0])).headers.location).not.toBe(answers[0].headers.location)
    await call('DELETE', `${casePath}/vendor-links/${linkId}`)
    for (const path of paths) expectProblem(await call('GET', path), 410, 'link-ended')
    expect(handedOut.size).toBe(3)
  })

  test.each([
    ['results', ({ documents }) => documents.texts.clear()],
    ['analysis', ({ table }) => forget(table, 'analysis#')],
    ['case', ({ table }) => forget(table, 'case')],
    ['own record', ({ table }) => forget(table, 'vendor-link#')],
  ] satisfies [string, (world: World) => void][])('ends when its %s was deleted', async (_, remove) => {
    const world = await solved()
    const { token } = (await world.make()).body
    remove(world)
    for (const path of ['', '/analysis', '/report'])
      expectProblem(await world.call('GET', `/api/vendor-links/${token}${path}`), 410, 'results-deleted')
    expect(world.events()).toEqual(['vendor-link.created by local'])
  })

  test('for those of the case, too, results that were deleted are gone and no fault', async () => {
    const { call, documents } = await solved()
    documents.texts.clear()
    const path = `${casePath}/dumps/${ids.dumpId}/analyses/${ids.analysisId}`
    for (const each of [path, `${path}/report`]) expectProblem(await call('GET', each), 410, 'results-deleted')
  })

  test('ends when it is revoked, once', async () => {
    const { make, call, list, events } = await solved()
    const { token, linkId } = (await make()).body
    const revoke = () => call('DELETE', `${casePath}/vendor-links/${linkId}`)
    expect([(await revoke()).status, (await revoke()).status]).toEqual([204, 204])
    expectProblem(await call('GET', `/api/vendor-links/${token}/analysis`), 410, 'link-ended')
    expect((await list())[0].revokedAt).not.toBeNull()
    expect(events()).toEqual(['vendor-link.created by local', 'vendor-link.revoked by local'])
    expectProblem(await call('DELETE', `${casePath}/vendor-links/link_${'9'.repeat(26)}`), 404, 'not-found')
  })

  test('being opened is recorded once an hour, however often it is', async () => {
    const { make, call, clock, events, list } = await solved()
    const { token } = (await make()).body
    for (const hours of [0, 0.5, 0.9, 1.5]) {
      clock.hours = hours
      await call('GET', `/api/vendor-links/${token}`)
    }
    expect(events().filter((event) => event.startsWith('vendor-link.opened'))).toHaveLength(2)
    expect((await list())[0].openedAt).toBe('2026-05-04T11:30:00.000Z')
  })

  test('is not made of an analysis that is not finished, for too long, or for a dump of another case', async () => {
    const running = await solved('running')
    expectProblem(await running.make(), 409, 'analysis-not-done')
    const { make, call } = await solved()
    for (const body of [{}, { dumpId: ids.dumpId, days: 91 }, { dumpId: ids.dumpId, days: 0 }, { dumpId: '../x' }])
      expectProblem(await make(body), 400, 'invalid-request')
    expectProblem(await make({ dumpId: `dump_${'9'.repeat(26)}` }), 404, 'not-found')
    expectProblem(await call('GET', `/api/cases/case_${'9'.repeat(26)}/vendor-links`), 404, 'not-found')
  })

  test('with another token, a wrong or an upload’s one, shows nothing', async () => {
    const { call, links } = await solved()
    for (const token of ['x', 'A'.repeat(43), 'A'.repeat(44), '..%2f'])
      expectProblem(await call('GET', `/api/vendor-links/${token}`), 404, 'not-found')
    const upload = 'u'.repeat(43)
    await links.insert(upload, { kind: 'upload', tenant: 'default', caseId: ids.caseId, linkId: 'link_x' })
    expectProblem(await call('GET', `/api/vendor-links/${upload}/analysis`), 404, 'not-found')
    await expect(
      links.insert(upload, { kind: 'vendor', tenant: 'other', caseId: ids.caseId, linkId: 'link_y' }),
    ).rejects.toThrow('leads somewhere already')
  })
})
