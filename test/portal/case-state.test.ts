import { expect, test } from 'vitest'
import { nextPollDelay } from '../../functions/portal/api/poll-delay.ts'
import { analysisStamp, caseSettled, caseState } from '../../functions/portal/case/case-state.ts'
import { currentStep, stageMilliseconds, stageRows } from '../../functions/portal/case/stage-progress.ts'
import { mergeNewest } from '../../functions/portal/cases/merge-newest.ts'
import { caseDetail, stageRecord } from '../e2e/fixtures/case-details.ts'
import { depletion2008 } from '../e2e/fixtures/depletion-2008.ts'

const solved = () => caseDetail({ caseId: 'c', analysis: depletion2008 })
const running = () => caseDetail({ caseId: 'c' })

test('a case is empty, on its way, waiting, running, done or failed', () => {
  const detail = running()
  const [entry] = detail.dumps
  expect(caseState(detail, null).phase).toBe('running')
  expect(caseState(solved(), null).phase).toBe('done')
  expect(caseState(caseDetail({ caseId: 'c', status: 'failed' }), null).phase).toBe('failed')
  entry!.analyses = []
  expect(caseState(detail, null).phase).toBe('waiting')
  entry!.dump.status = 'uploading'
  expect(caseState(detail, null).phase).toBe('uploading')
  entry!.dump.status = 'aborted'
  expect(caseState(detail, null).phase).toBe('aborted')
  expect(caseState({ ...detail, dumps: [] }, null).phase).toBe('empty')
})

test('the asked dump is shown, else the newest that was not given up', () => {
  const older = caseDetail({ caseId: 'older', minutesAgo: 60 }).dumps[0]!
  const newer = caseDetail({ caseId: 'newer', minutesAgo: 5 }).dumps[0]!
  const givenUp = caseDetail({ caseId: 'aborted', minutesAgo: 1 }).dumps[0]!
  givenUp.dump.status = 'aborted'
  const detail = { ...running(), dumps: [older, givenUp, newer] }
  const shown = (dumpId: string | null) => {
    const state = caseState(detail, dumpId)
    return state.phase === 'empty' ? null : state.dump.dumpId
  }
  expect(shown(null)).toBe('newer-d1')
  expect(shown('older-d1')).toBe('older-d1')
  expect(shown('unknown')).toBe('newer-d1')
})

test('the current analysis counts, not the newest', () => {
  const detail = solved()
  const [entry] = detail.dumps
  const [first] = entry!.analyses
  const later = { ...first!, analysis: { ...first!.analysis, analysisId: 'a2', createdAt: new Date().toISOString() } }
  entry!.analyses.push(later)
  const state = caseState(detail, null)
  expect('analysis' in state && state.analysis.analysisId).toBe('a1')
})

test('polling stops when every dump is settled, and not before', () => {
  expect(caseSettled(solved())).toBe(true)
  expect(caseSettled(running())).toBe(false)
  const waiting = solved()
  waiting.dumps[0]!.analyses = []
  expect(caseSettled(waiting)).toBe(false)
  waiting.dumps[0]!.dump.status = 'uploading'
  expect(caseSettled(waiting)).toBe(false)
  waiting.dumps[0]!.dump.status = 'aborted'
  expect(caseSettled(waiting)).toBe(true)
})

test('polls get rarer while nothing changes, and quick again when something does', () => {
  const delays = [nextPollDelay(null, false)]
  for (let round = 0; round < 12; round++) delays.push(nextPollDelay(delays.at(-1)!, false))
  expect(delays[0]).toBe(1000)
  expect(delays.toSorted((a, b) => a - b)).toEqual(delays)
  expect(delays.at(-1)).toBe(15_000)
  expect(nextPollDelay(15_000, true)).toBe(1000)
})

test('an analysis is fetched at its first answer, when that is refined and at its end', () => {
  expect(analysisStamp(caseState(running(), null))).toBeNull()
  const first = running()
  first.dumps[0]!.analyses[0]!.analysis.headline = 'First answer.'
  const refined = structuredClone(first)
  refined.dumps[0]!.analyses[0]!.analysis.headline = 'Refined.'
  const ended = structuredClone(refined)
  ended.dumps[0]!.analyses[0]!.analysis.status = 'done'
  const stamps = [first, refined, ended].map((detail) => analysisStamp(caseState(detail, null)))
  expect(new Set(stamps).size).toBe(3)
  expect(stamps).not.toContain(null)
})

test('all stages are shown in order, those without a record too', () => {
  const records = [stageRecord('pool', 'd', { status: 'running' }), stageRecord('header', 'd')]
  expect(stageRows(records).map(({ stage, record }) => [stage, record?.status ?? null])).toEqual([
    ['header', 'done'],
    ['pool', 'running'],
    ['imports', null],
    ['verdict', null],
  ])
  expect(currentStep(records)).toMatch(/^Step 2 of 4/)
  expect(currentStep(stageRows([]).map(({ stage }) => stageRecord(stage, 'd')))).toBeNull()
})

test('a running stage counts up to now, and never below zero', () => {
  const record = stageRecord('pool', 'd', { status: 'running' })
  const start = Date.parse(record.startedAt!)
  expect(stageMilliseconds(record, start + 5000)).toBe(5000)
  expect(stageMilliseconds(record, start - 5000)).toBe(0)
  expect(stageMilliseconds(stageRecord('pool', 'd'), start + 99_999)).toBe(840)
  expect(stageMilliseconds(stageRecord('pool', 'd', { status: 'queued' }), start)).toBeNull()
})

test('a list keeps the fresher copy of a case and stays newest first', () => {
  const old = caseDetail({ caseId: 'a', minutesAgo: 9 }).case
  const known = [old, caseDetail({ caseId: 'b', minutesAgo: 20 }).case]
  const gone = caseDetail({ caseId: 'd', minutesAgo: 5 }).case
  const fresh = [caseDetail({ caseId: 'c', minutesAgo: 1 }).case, { ...old, headline: 'Solved.' }]
  const merged = mergeNewest([gone, ...known], { cases: fresh, nextCursor: 'a', partial: false })
  expect(merged.map(({ caseId, headline }) => [caseId, headline])).toEqual([
    ['c', null],
    ['a', 'Solved.'],
    ['b', null],
  ])
  expect(mergeNewest(known, { cases: fresh, nextCursor: null, partial: false })).toEqual(fresh)
})
