import { describe, expect, test } from 'vitest'
import type { StageRecord } from '../../shared/cases/records.ts'
import {
  abortDump,
  adoptAnalysis,
  announceOutcome,
  claimStage,
  failStage,
  finishAnalysis,
  finishStage,
  machine,
  pinDump,
  releaseStage,
  resumeAnalysis,
  type Step,
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
const claim = (stage: StageRecord, seconds: number, attempt = 1) =>
  claimStage(stage, { attempt, at: after(seconds), leaseMs: 60_000 })

describe('a stage', () => {
  test('is claimed, done, and then left alone by every repeat', () => {
    const running = taken(claim(queuedStage, 0))
    expect(running).toMatchObject({ status: 'running', attempt: 1, startedAt: start.toISOString() })
    const done = taken(finishStage(running, 1, someCost, after(5)))
    expect(done).toMatchObject({ status: 'done', cost: someCost, finishedAt: after(5).toISOString() })
    expect(claim(done, 6)).toEqual({ refused: 'settled' })
    expect(finishStage(done, 1, someCost, after(7))).toEqual({ refused: 'fenced' })
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
    expect(failStage(second, first.attempt, 'late', after(61))).toEqual({ refused: 'fenced' })
    expect(releaseStage(second, first.attempt)).toEqual({ refused: 'fenced' })
    const done = taken(finishStage(second, second.attempt, someCost, after(62)))
    expect(finishStage(done, first.attempt, someCost, after(63))).toEqual({ refused: 'fenced' })
  })

  test('is given back for the next delivery, as a new attempt', () => {
    const running = taken(claim(queuedStage, 0))
    const released = taken(releaseStage(running, 1))
    expect(released).toMatchObject({ status: 'queued', attempt: 2, startedAt: null })
    expect(finishStage(released, 1, someCost, after(1))).toEqual({ refused: 'fenced' })
    expect(taken(claim(released, 1)).attempt).toBe(2)
  })

  test('that failed runs again when its dead letter is sent again, without the old failure on it', () => {
    const failed = taken(failStage(taken(claim(queuedStage, 0)), 1, 'It stopped.', after(1)))
    expect(failed).toMatchObject({ status: 'failed', note: 'It stopped.' })
    expect(taken(claim(failed, 2))).toMatchObject({ status: 'running', attempt: 2, note: null, finishedAt: null })
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
  const outcome = { headline: 'a.sys leaks.', verdict: 'culprit', driver: 'a.sys' } as const

  test('once done is never changed', () => {
    const done = taken(finishAnalysis(analysisRecord, outcome, after(9)))
    expect(done).toMatchObject({ status: 'done', headline: 'a.sys leaks.', verdict: 'culprit' })
    expect(finishAnalysis(done, { ...outcome, headline: 'Other.' }, after(10))).toEqual({ refused: 'settled' })
    expect(resumeAnalysis(done)).toEqual({ refused: 'conflict' })
  })

  test('shows its outcome on the case unless a newer one is shown there', () => {
    const shown = taken(announceOutcome(caseRecord, 'analysis_2', outcome))
    expect(shown).toMatchObject({ ...outcome, outcomeOf: 'analysis_2' })
    expect(announceOutcome(shown, 'analysis_1', outcome)).toEqual({ refused: 'settled' })
    expect(taken(announceOutcome(shown, 'analysis_3', { ...outcome, driver: null })).driver).toBeNull()
  })
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
