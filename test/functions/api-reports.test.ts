import { describe, expect, test } from 'vitest'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import { CaseDetail } from '../../shared/cases/api.ts'
import { CaseComparison } from '../../shared/cases/comparison-api.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import { analysisRecord, caseRecord, ids, queuedStage, someCost, uploadedDump } from '../cases/records.ts'
import { snapshot, tagRow } from '../growth/snapshots.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const at = (hours: number, bytes: number): Analysis => snapshot(hours, [tagRow('Thre', Math.round(bytes / 624), bytes)])
const numbered = (kind: string, number: number): string => `${kind}_${String(number).padStart(26, '0')}`
const casePath = `/api/cases/${ids.caseId}`

/** A case whose dumps, one an analysis, were uploaded in this order; null: its analysis still runs. */
const analysed = async (...analyses: (Analysis | null)[]) => {
  const api = prepare()
  await api.store.cases.insert(caseRecord, caseRecord)
  const dumpIds = analyses.map((_, index) => numbered('dump', index))
  for (const [index, analysis] of analyses.entries()) {
    const id = { ...ids, dumpId: dumpIds[index], analysisId: numbered('analysis', index) }
    const createdAt = new Date(Date.parse(uploadedDump.createdAt) + index * 1000).toISOString()
    const dump = { ...uploadedDump, ...id, createdAt, fileName: `${index}.dmp`, currentAnalysisId: id.analysisId }
    await api.store.dumps.insert(id, dump)
    const status = analysis === null ? ('running' as const) : ('done' as const)
    await api.store.analyses.insert(id, { ...analysisRecord, ...id, status })
    api.documents.texts.set(analysisKey({ tenant: 'default', ...id }), JSON.stringify(analysis))
  }
  const reportPath = `${casePath}/dumps/${dumpIds[0]}/analyses/${numbered('analysis', 0)}/report`
  return { ...api, dumpIds, reportPath }
}

describe('a comparison', () => {
  test('is made of stored analyses, in order of time, each figure with its dump', async () => {
    const { call, dumpIds } = await analysed(at(72, 85_506_096), at(0, 68_680_560))
    const { status, body } = await call('GET', `${casePath}/comparison`)
    expect(status).toBe(200)
    const { sources, tags, headline, sameServer } = CaseComparison.parse(body)
    expect(sources.map(({ dumpId }) => dumpId)).toEqual([dumpIds[1], dumpIds[0]])
    expect(tags[0]).toMatchObject({ tag: 'Thre', bytes: [68_680_560, 85_506_096], grows: true })
    expect(sameServer).toBe(true)
    expect(headline).toContain('Thre in NonPagedPool grew')
  })

  test('is of the dumps that were chosen; one without accounting has no figures', async () => {
    const without = { ...at(10, 1_000_000), pool: null }
    const { call, dumpIds } = await analysed(at(0, 1_000_000), at(24, 5_000_000), at(48, 9_000_000), without)
    const chosen = [dumpIds[2], dumpIds[0], dumpIds[3]].join(',')
    const { body } = await call('GET', `${casePath}/comparison`, undefined, { dumps: chosen })
    const { sources, tags, notes } = CaseComparison.parse(body)
    expect(sources.map(({ fileName }) => fileName)).toEqual(['0.dmp', '2.dmp'])
    expect(tags[0].bytes).toEqual([1_000_000, 9_000_000])
    expect(notes.join(' ')).toContain('holds no pool accounting')
  })

  test('takes two finished dumps of this case and no nonsense', async () => {
    const { call, dumpIds } = await analysed(at(0, 1_000_000), null)
    const of = (dumps?: string) => call('GET', `${casePath}/comparison`, undefined, dumps ? { dumps } : undefined)
    expectProblem(await of(), 409, 'too-few-dumps')
    expectProblem(await of(dumpIds.join(',')), 409, 'analysis-not-done')
    expectProblem(await of(`${dumpIds[0]},${numbered('dump', 9)}`), 404, 'not-found')
    for (const wrong of [
      dumpIds[0],
      `${dumpIds[0]},${dumpIds[0]}`,
      '../x,y',
      Array(13)
        .fill(0)
        .map((_, i) => numbered('dump', i))
        .join(','),
    ])
      expectProblem(await of(wrong), 400, 'invalid-request')
    expectProblem(await call('GET', `/api/cases/${numbered('case', 7)}/comparison`), 404, 'not-found')
  })
})

test('a case says what each of its analyses has cost', async () => {
  const { call, store, dumpIds } = await analysed(at(0, 1_000_000))
  const id = { ...ids, dumpId: dumpIds[0], analysisId: numbered('analysis', 0), stage: 'pool' as const }
  const cost = { ...someCost, milliseconds: 10_000 }
  await store.stages.insert(id, { ...queuedStage, ...id, status: 'done', cost })
  const [dump] = CaseDetail.parse((await call('GET', casePath)).body).dumps
  expect(dump.analyses[0].dollars).toBeGreaterThan(0)
  expect(dump.analyses[0].dollars).toBeLessThan(0.01)
  // The same work done by the function of the shards, which has less memory.
  await store.shards.insert({ ...id, shard: 0 }, { ...queuedStage, ...id, shard: 0, of: 2, cost })
  const [divided] = CaseDetail.parse((await call('GET', casePath)).body).dumps
  expect(divided.analyses[0].dollars! / dump.analyses[0].dollars!).toBeLessThan(0.9)
})

describe('a report', () => {
  const finding = {
    id: 'x',
    kind: 'pool-leak',
    pool: 'nonpaged' as const,
    tag: 'None',
    bytes: 50_827_424,
    outstanding: 246_479,
    status: 'culprit' as const,
    candidates: [
      {
        kind: 'module' as const,
        name: 'leaky.sys',
        base: '0xf50b3000',
        pid: null,
        confidence: 0.95,
        for: [{ kind: 'a', statement: 'It alone imports ExAllocatePool.', weight: 3 }],
        against: [{ kind: 'b', statement: 'A page of it is missing.', weight: 1 }],
      },
    ],
    summary: 'Much of it.',
    nextStep: 'Ask the vendor.',
  }
  const solved: Analysis = {
    ...at(0, 1_000_000),
    headline: 'leaky.sys *did* it.',
    verdict: 'culprit',
    findings: [finding],
    coverage: [{ area: 'module pages', wantedBytes: 100, readBytes: 99 }],
    transcript: [{ command: '!vm', output: 'Physical Memory: 1' }],
  }

  test('is Markdown, with the debugger’s session when asked for', async () => {
    const { call, reportPath } = await analysed(solved)
    const { status, headers, body } = await call('GET', reportPath)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'text/markdown; charset=utf-8',
      'content-disposition': `attachment; filename="${numbered('dump', 0)}.md"`,
    })
    expect(body).toMatch(/^# leaky\.sys \\\*did\\\* it\.\n/)
    expect(body).not.toContain('kd> !vm')
    expect((await call('GET', reportPath, undefined, { transcript: 'yes' })).body).toContain('kd> !vm')
  })

  test('too long for any answer is handed out as a copy that can be fetched for a minute', async () => {
    const output = 'x'.repeat(6 * 2 ** 20)
    const { call, reportPath, handedOut } = await analysed({ ...solved, transcript: [{ command: '!vm', output }] })
    const { status, headers, body } = await call('GET', reportPath, undefined, { transcript: 'yes' })
    expect([status, body]).toEqual([307, undefined])
    const copy = handedOut.get(String(headers.location))!
    expect(copy).toMatchObject({ mediaType: 'text/markdown; charset=utf-8', fileName: `${numbered('dump', 0)}.md` })
    expect(copy.body).toContain(output)
    // Without the session it is short.
    expect((await call('GET', reportPath)).status).toBe(200)
  })

  test('is a few lines for a ticket, what was not searched among them', async () => {
    const { call, reportPath } = await analysed(solved)
    const { headers, body } = await call('GET', reportPath, undefined, { format: 'ticket' })
    expect(headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8' })
    expect(body.split('\n')).toEqual([
      'leaky.sys *did* it.',
      'Verdict: culprit.',
      'Pool tag None in NonPagedPool: 50,827,424 bytes in 246,479 blocks.',
      'Culprit: leaky.sys at 0xf50b3000, 95 % confidence',
      '  + It alone imports ExAllocatePool.',
      '  - A page of it is missing.',
      'Next step: Ask the vendor.',
      'Not wholly in the dump, and so not wholly searched: module pages.',
      'Dump: kernel dump; x86, Windows build 3790; crashed 2008-12-12T08:00:00.000Z.',
      'dumpline 0',
      '',
    ])
  })

  test('is a table of the tags in which nothing is a formula', async () => {
    const hostile = snapshot(0, [tagRow('=1+2', 1, 32), tagRow('a",b', 2, 64)], {
      pool: { scan: { pagesScanned: 1, blocks: 3, tags: [{ tag: '@Sc', blocks: 3, bytes: 96 }] } },
    })
    const { call, reportPath } = await analysed(hostile)
    const { headers, body } = await call('GET', reportPath, undefined, { format: 'csv' })
    expect(headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8' })
    const [head, ...rows] = body.split('\r\n')
    expect(head.split(',')).toHaveLength(13)
    expect(rows).toEqual([
      "'=1+2,1001,1000,1,32,0,0,0,0,,,,",
      '"a"",b",1002,1000,2,64,0,0,0,0,,,,',
      "'@Sc,,,,,,,,,3,96,,",
      '',
    ])
  })

  test('is not made of nothing', async () => {
    const { call, reportPath } = await analysed(null)
    expectProblem(await call('GET', reportPath), 409, 'analysis-not-done')
    expectProblem(await call('GET', reportPath.replace('000/report', '001/report')), 404, 'not-found')
    const poolless = await analysed({ ...solved, pool: null })
    expectProblem(await poolless.call('GET', poolless.reportPath, undefined, { format: 'csv' }), 409, 'no-pool')
    expectProblem(await poolless.call('GET', poolless.reportPath, undefined, { format: 'exe' }), 400, 'invalid-request')
  })

  test('of another tenant’s making is none of ours', async () => {
    const { call, table, reportPath } = await analysed(solved)
    for (const [key, item] of [...table.items]) {
      table.items.delete(key)
      table.items.set(key.replace('tenant#default', 'tenant#other'), {
        ...item,
        pk: item.pk.replace('default', 'other'),
      })
    }
    expectProblem(await call('GET', reportPath), 404, 'not-found')
    expectProblem(await call('GET', `${casePath}/comparison`), 404, 'not-found')
  })
})
