import { describe, expect, test } from 'vitest'
import type { StageRecord } from '../../shared/cases/records.ts'
import {
  abortDump,
  adoptAnalysis,
  announceOutcome,
  claimStage,
  divideStage,
  failStage,
  finishAnalysis,
  finishStage,
  giveUpStage,
  machine,
  noteSweep,
  pinDump,
  promoteAnalysis,
  releaseStage,
  resumeAnalysis,
  type Step,
  showStatus,
  skipStage,
} from '../../shared/cases/transitions.ts'
import {
  after,
  analysisRecord,
  caseRecord,
  finishedObject,
  queuedStage,
  someCost,
  start,
  uploadedDump,
  uploadingDump,
} from './records.ts'

const taken = <R>(step: Step<R>): R => {
  if (step.refused !== undefined) throw new Error(`refused: ${step.refused}`)
  return step.next
}
let messages = 0
const claim = (stage: StageRecord, seconds: number, attempt = 1, more: { by?: string; resuming?: boolean } = {}) =>
  claimStage(stage, { attempt, at: after(seconds), leaseMs: 60_000, by: `message ${++messages}`, ...more })

describe('a stage', () => {
  test('is claimed, done, and then left alone by every repeat', () => {
    const running = taken(claim(queuedStage, 0))
    expect(running).toMatchObject({ status: 'running', attempt: 1, startedAt: start.toISOString() })
    const done = taken(finishStage(running, 1, someCost, after(5)))
    expect(done).toMatchObject({ status: 'done', cost: someCost, finishedAt: after(5).toISOString() })
    expect(claim(done, 6)).toEqual({ refused: 'settled' })
    expect(finishStage(done, 1, someCost, after(7))).toEqual({ refused: 'settled' })
    expect(finishStage(done, 2, someCost, after(7))).toEqual({ refused: 'fenced' })
  })

  test('is not given to a second worker while the first may be alive', () => {
    const running = taken(claim(queuedStage, 0))
    expect(claim(running, 59)).toEqual({ refused: 'busy' })
  })

  test('fences a worker that outlived its lease: the later attempt wins, in either order', () => {
    const first = taken(claim(queuedStage, 0))
    const second = taken(claim(first, 60))
    expect(second.attempt).toBe(2)
    expect(finishStage(second, first.attempt, someCost, after(61))).toEqual({ refused: 'fenced' })
    expect(failStage(second, first.attempt, { note: 'late', at: after(61) })).toEqual({ refused: 'fenced' })
    expect(releaseStage(second, first.attempt, after(61))).toEqual({ refused: 'fenced' })
    const done = taken(finishStage(second, second.attempt, someCost, after(62)))
    expect(finishStage(done, first.attempt, someCost, after(63))).toEqual({ refused: 'fenced' })
  })

  test('is given back for the next delivery, as a new attempt', () => {
    const running = taken(claim(queuedStage, 0))
    const released = taken(releaseStage(running, 1, after(1)))
    expect(released).toMatchObject({ status: 'queued', attempt: 2, startedAt: null })
    expect(finishStage(released, 1, someCost, after(1))).toEqual({ refused: 'fenced' })
    expect(taken(claim(released, 1)).attempt).toBe(2)
  })

  test('is taken over from a dead worker as soon as the very message it was given is delivered again', () => {
    const first = taken(claim(queuedStage, 0, 1, { by: 'm' }))
    expect(claim(first, 1, 1, { by: 'another' })).toEqual({ refused: 'busy' })
    const second = taken(claim(first, 1, 1, { by: 'm' }))
    expect(second.attempt).toBe(2)
    expect(finishStage(second, first.attempt, someCost, after(2))).toEqual({ refused: 'fenced' })
  })

  test('keeps the lease it was claimed with, whoever asks', () => {
    const running = taken(claimStage(queuedStage, { attempt: 1, at: start, leaseMs: 900_000, by: 'm' }))
    expect(running.leaseUntil).toBe(after(900).toISOString())
    expect(claim(running, 61)).toEqual({ refused: 'busy' })
    expect(taken(claim(running, 900)).attempt).toBe(2)
  })

  test('that failed for a passing reason runs again when it is resumed, without the old failure on it', () => {
    const running = taken(claim(queuedStage, 0))
    const failed = taken(failStage(running, 1, { note: 'It stopped.', at: after(1), retriable: true }))
    expect(failed).toMatchObject({ status: 'failed', note: 'It stopped.' })
    expect(claim(failed, 2)).toEqual({ refused: 'settled' })
    expect(taken(claim(failed, 2, 1, { resuming: true }))).toMatchObject({
      status: 'running',
      attempt: 2,
      note: null,
      finishedAt: null,
    })
  })

  test('that failed by the dump’s own fault is never run again', () => {
    const failed = taken(failStage(taken(claim(queuedStage, 0)), 1, { note: 'No layout fits.', at: after(1) }))
    expect(claim(failed, 2, 1, { resuming: true })).toEqual({ refused: 'settled' })
  })

  test('given up is lost to whoever had it, and only in the state it was seen in', () => {
    const seen = taken(claim(queuedStage, 0))
    const swept = taken(noteSweep(seen, seen))
    expect(swept.sweeps).toBe(1)
    const over = taken(giveUpStage(swept, seen, 'Hopeless.', after(9)))
    expect(over).toMatchObject({ status: 'failed', attempt: 2, note: 'Hopeless.' })
    expect(finishStage(over, 1, someCost, after(10))).toEqual({ refused: 'fenced' })
    const done = taken(finishStage(seen, 1, someCost, after(1)))
    expect(giveUpStage(done, seen, 'Hopeless.', after(9))).toEqual({ refused: 'fenced' })
    expect(noteSweep(done, seen)).toEqual({ refused: 'fenced' })
  })

  test('takes the attempt of its message when that is the later one', () => {
    expect(taken(claim(queuedStage, 0, 5)).attempt).toBe(5)
    expect(taken(claim({ ...queuedStage, attempt: 7 }, 0, 5)).attempt).toBe(7)
  })

  test('is skipped only before it ran', () => {
    const skipped = taken(skipStage(queuedStage, 'Nothing to read.', after(1)))
    expect(skipped).toMatchObject({ status: 'skipped', note: 'Nothing to read.' })
    expect(claim(skipped, 2)).toEqual({ refused: 'settled' })
    expect(skipStage(skipped, 'Again.', after(2))).toEqual({ refused: 'settled' })
    expect(skipStage(taken(claim(queuedStage, 0)), 'Too late.', after(2))).toEqual({ refused: 'conflict' })
  })
})

describe('a dump', () => {
  test('is pinned to one version once', () => {
    const pinned = taken(pinDump(uploadingDump, finishedObject, after(1)))
    expect(pinned).toMatchObject({ ...finishedObject, status: 'uploaded', uploadedAt: after(1).toISOString() })
    expect(pinDump(pinned, { ...finishedObject, versionId: 'v2' }, after(2))).toEqual({ refused: 'settled' })
    expect(abortDump(pinned)).toEqual({ refused: 'conflict' })
  })

  test('that was aborted stays aborted', () => {
    const aborted = taken(abortDump(uploadingDump))
    expect(abortDump(aborted)).toEqual({ refused: 'settled' })
    expect(pinDump(aborted, finishedObject, after(1))).toEqual({ refused: 'conflict' })
  })

  test('gets one analysis, and only when it is uploaded', () => {
    expect(adoptAnalysis(uploadingDump, 'analysis_a')).toEqual({ refused: 'conflict' })
    const adopted = taken(adoptAnalysis(uploadedDump, 'analysis_a'))
    expect(adopted.currentAnalysisId).toBe('analysis_a')
    expect(adoptAnalysis(adopted, 'analysis_b')).toEqual({ refused: 'settled' })
  })
})

describe('an analysis', () => {
  const outcome = {
    headline: 'a.sys leaks.',
    verdict: 'culprit',
    driver: 'a.sys',
    driverVersion: '1.0',
    tag: 'Leak',
    bugcheck: { code: '0xd1', name: null },
    crashedAt: null,
    signature: 'sig1_0',
  } as const

  test('once done is never changed', () => {
    const done = taken(finishAnalysis(analysisRecord, outcome, after(9)))
    expect(done).toMatchObject({ status: 'done', headline: 'a.sys leaks.', verdict: 'culprit' })
    expect(finishAnalysis(done, { ...outcome, headline: 'Other.' }, after(10))).toEqual({ refused: 'settled' })
    expect(resumeAnalysis(done, after(11))).toEqual({ refused: 'conflict' })
  })

  test('shows its outcome on the case unless a newer one is shown there', () => {
    const shown = taken(announceOutcome(caseRecord, 'analysis_2', outcome))
    expect(shown).toMatchObject({ ...outcome, outcomeOf: 'analysis_2' })
    expect(announceOutcome(shown, 'analysis_1', outcome)).toEqual({ refused: 'settled' })
    expect(taken(announceOutcome(shown, 'analysis_3', { ...outcome, driver: null })).driver).toBeNull()
  })
})

describe('a case’s status', () => {
  const shown = (...steps: [string | null, 'empty' | 'uploading' | 'analysing' | 'done' | 'failed', boolean?][]) =>
    steps.reduce((record, [analysisId, status, resumed]) => {
      const step = showStatus(record, analysisId, status, { resumed })
      return step.refused === undefined ? step.next : record
    }, caseRecord).status

  test('follows its newest analysis, whatever comes late or twice', () => {
    expect(shown([null, 'uploading'], ['a1', 'analysing'], ['a1', 'done'])).toBe('done')
    expect(shown(['a1', 'analysing'], ['a1', 'done'], ['a1', 'analysing'])).toBe('done')
    expect(shown(['a2', 'analysing'], ['a1', 'done'])).toBe('analysing')
    expect(shown(['a1', 'analysing'], [null, 'uploading'])).toBe('analysing')
    expect(shown(['a1', 'failed'], ['a2', 'analysing'])).toBe('analysing')
  })

  test('leaves a failure only when the analysis is resumed', () => {
    expect(shown(['a1', 'failed'], ['a1', 'analysing'])).toBe('failed')
    expect(shown(['a1', 'failed'], ['a1', 'analysing', true])).toBe('analysing')
  })
})

describe('a stage that is divided', () => {
  const running = taken(claim(queuedStage, 0))
  const waiting = taken(divideStage(running, 1, after(3)))

  test('waits, held by nobody, and is claimed again for what its shards found', () => {
    expect(waiting).toMatchObject({ status: 'waiting', leaseUntil: null, queuedAt: after(3).toISOString() })
    expect(divideStage(waiting, 1, after(4))).toEqual({ refused: 'settled' })
    expect(finishStage(waiting, 1, someCost, after(4))).toEqual({ refused: 'fenced' })
    const folding = taken(claim(waiting, 10))
    expect(folding).toMatchObject({ status: 'running', attempt: 2 })
    expect(divideStage(folding, 1, after(11))).toEqual({ refused: 'fenced' })
    expect(taken(finishStage(folding, 2, someCost, after(12))).status).toBe('done')
  })

  test('is given up by the sweep', () => {
    expect(taken(giveUpStage(waiting, waiting, 'Why.', after(9)))).toMatchObject({ status: 'failed', note: 'Why.' })
  })

  test('has shards that take its steps', () => {
    const shard = { ...queuedStage, shard: 3, of: 8 }
    const claimed = taken(claimStage(shard, { attempt: 1, at: after(0), leaseMs: 60_000, by: 'm' }))
    expect(taken(finishStage(claimed, 1, someCost, after(1)))).toMatchObject({ shard: 3, of: 8, status: 'done' })
  })
})

test('a dump’s analysis is replaced by a newer one alone', () => {
  const dump = { ...uploadedDump, currentAnalysisId: 'analysis_2' }
  expect(promoteAnalysis(dump, 'analysis_1')).toEqual({ refused: 'settled' })
  expect(promoteAnalysis(dump, 'analysis_2')).toEqual({ refused: 'settled' })
  expect(taken(promoteAnalysis(dump, 'analysis_3')).currentAnalysisId).toBe('analysis_3')
})

test('no step leads out of a state that is final', () => {
  const final: Record<string, string[]> = {
    dump: ['uploaded', 'aborted'],
    analysis: ['done'],
    stage: ['done', 'skipped'],
  }
  for (const kind of ['dump', 'analysis', 'stage'] as const)
    for (const { from } of Object.values(machine[kind]))
      expect(final[kind].filter((state) => (from as readonly string[]).includes(state))).toEqual([])
})
