import { describe, expect, test } from 'vitest'
import { runStage, StageBusy, type StageEnd, type StageJob } from '../../functions/aws/stage-runner.ts'
import { TaggedError } from '../../shared/bytes/tagged-error.ts'
import type { Stage } from '../../shared/cases/stage.ts'
import { failAnalysis, finishAnalysis } from '../../shared/cases/transitions.ts'
import { after, ids, someCost, start } from '../cases/records.ts'
import { begunAnalysis, countingJob, stageMessage } from './fakes.ts'

const leaseMs = 60_000

type Begun = Awaited<ReturnType<typeof begunAnalysis>>
const deliver = (
  begun: Begun,
  job: StageJob,
  options: { messageId?: string; last?: boolean; leaseMs?: number } = {},
): Promise<StageEnd> =>
  runStage(job, begun.ports, { message: stageMessage(job.stage), messageId: 'm', last: false, leaseMs, ...options })

const lost = async (): Promise<never> => {
  throw new Error('connection lost near "hunter2"')
}

describe('a delivery of a stage', () => {
  test('runs the stage, keeps its result, records its cost and passes on', async () => {
    const begun = await begunAnalysis()
    const job = countingJob('pool', async () => ({ result: { pool: null }, cost: someCost }))
    expect(await deliver(begun, job)).toEqual({ end: 'ran', cost: someCost, sinceUploadMs: 0 })
    expect(JSON.parse(begun.documents.texts.get('result of pool')!)).toEqual({ pool: null })
    expect(await begun.stage('pool')).toMatchObject({ status: 'done', attempt: 1, cost: someCost, note: null })
    expect(job.counts).toEqual({ runs: 1, passes: 1 })
  })

  test('has the result in storage before the record says done and before anything is passed on', async () => {
    const begun = await begunAnalysis()
    const order: string[] = []
    const job: StageJob = {
      ...countingJob('pool'),
      passOn: async () => void order.push(`passed on, ${(await begun.stage('pool'))?.status}`),
    }
    const write = begun.documents.write
    const documents = {
      ...begun.documents,
      write: async (key: string, json: string) => {
        order.push(`written, ${(await begun.stage('pool'))?.status}`)
        await write(key, json)
      },
    }
    await runStage(
      job,
      { ...begun.ports, documents },
      { message: stageMessage('pool'), messageId: 'm', last: false, leaseMs },
    )
    expect(order).toEqual(['written, running', 'passed on, done'])
  })

  test('bears a clock that counts fractions of a millisecond', async () => {
    expect(await deliver(await begunAnalysis(), countingJob('pool'), { leaseMs: 59_999.123 })).toMatchObject({
      end: 'ran',
    })
  })

  test('of a finished stage runs nothing, but passes on again in case the first time got lost', async () => {
    const begun = await begunAnalysis()
    const job = countingJob('pool')
    await deliver(begun, job)
    expect(await deliver(begun, job)).toEqual({ end: 'settled' })
    expect(job.counts).toEqual({ runs: 1, passes: 2 })
  })

  test('of a finished analysis does nothing at all', async () => {
    const begun = await begunAnalysis()
    await begun.store.analyses.change(ids, (record) =>
      finishAnalysis(record, { headline: 'Done.', verdict: 'healthy' }, start),
    )
    const job = countingJob('pool')
    expect(await deliver(begun, job)).toEqual({ end: 'settled' })
    expect(job.counts).toEqual({ runs: 0, passes: 0 })
  })

  test('for an analysis that is not there is dealt with', async () => {
    const begun = await begunAnalysis()
    const message = { ...stageMessage('pool'), analysisId: 'analysis_none' }
    expect(await runStage(countingJob('pool'), begun.ports, { message, messageId: 'm', last: false, leaseMs })).toEqual(
      {
        end: 'unknown',
      },
    )
  })

  test('while another worker is at it comes back later and does not count as a failure', async () => {
    const begun = await begunAnalysis()
    const inner = countingJob('pool')
    const outer = countingJob('pool', async () => {
      await expect(deliver(begun, inner, { last: true, messageId: 'another' })).rejects.toThrow(StageBusy)
      return { result: {}, cost: someCost }
    })
    expect(await deliver(begun, outer)).toMatchObject({ end: 'ran' })
    expect(inner.counts).toEqual({ runs: 0, passes: 0 })
  })

  test('that outlived its lease changes nothing any more: the later attempt stands', async () => {
    const begun = await begunAnalysis()
    const later = countingJob('pool', async () => ({ result: {}, cost: { ...someCost, reads: 99 } }))
    const late = countingJob('pool', async () => {
      begun.clock.seconds += leaseMs / 1000
      expect(await deliver(begun, later, { messageId: 'another' })).toMatchObject({ end: 'ran' })
      return { result: {}, cost: someCost }
    })
    expect(await deliver(begun, late)).toEqual({ end: 'fenced' })
    expect(await begun.stage('pool')).toMatchObject({ status: 'done', attempt: 2, cost: { reads: 99 } })
    expect(late.counts.passes).toBe(0)
    expect(later.counts.passes).toBe(1)
  })
})

describe('a stage that stops at a passing trouble', () => {
  test('is given back and runs at the next delivery', async () => {
    const begun = await begunAnalysis()
    await expect(deliver(begun, countingJob('pool', lost))).rejects.toThrow('connection lost')
    expect(await begun.stage('pool')).toMatchObject({ status: 'queued', attempt: 2, note: null })
    expect(await deliver(begun, countingJob('pool'))).toMatchObject({ end: 'ran' })
    expect(await begun.stage('pool')).toMatchObject({ status: 'done', attempt: 2 })
  })

  test('at its last delivery fails with a sentence that quotes nothing, and the analysis goes on without it', async () => {
    const begun = await begunAnalysis()
    const job = countingJob('pool', lost)
    await expect(deliver(begun, job, { last: true })).rejects.toThrow('connection lost')
    const stage = await begun.stage('pool')
    expect(stage?.status).toBe('failed')
    expect(stage?.note).toMatch(/^The stage stopped at an unexpected error \(Error\).*\.$/)
    expect(stage?.note).not.toContain('hunter2')
    expect(job.counts.passes).toBe(1)
    expect((await begun.analysis())?.status).toBe('running')
  })

  test.each<Stage>(['header', 'verdict'])('at the last delivery of the %s ends the analysis', async (name) => {
    const begun = await begunAnalysis()
    const job = countingJob(name, lost)
    await expect(deliver(begun, job, { last: true })).rejects.toThrow('connection lost')
    expect((await begun.analysis())?.status).toBe('failed')
    expect(job.counts.passes).toBe(0)
  })

  test('and whose dead letter is sent again takes the analysis up again', async () => {
    const begun = await begunAnalysis()
    await expect(deliver(begun, countingJob('header', lost), { last: true })).rejects.toThrow()
    expect(await deliver(begun, countingJob('header'))).toMatchObject({ end: 'ran' })
    expect((await begun.analysis())?.status).toBe('running')
    expect(await begun.stage('header')).toMatchObject({ status: 'done', attempt: 2, note: null })
  })

  test('is cut off before its function is, and can no longer read', async () => {
    const begun = await begunAnalysis()
    let aborted = false
    const job = countingJob('pool', (context) => {
      context.signal.addEventListener('abort', () => {
        aborted = true
      })
      return new Promise(() => {})
    })
    await expect(deliver(begun, job, { leaseMs: 20, last: true })).rejects.toThrow(/timeout/)
    expect(aborted).toBe(true)
    expect((await begun.stage('pool'))?.note).toMatch(/did not finish within its time/)
  })

  test('that cannot write its result is tried again like any other', async () => {
    const begun = await begunAnalysis()
    const documents = { ...begun.documents, write: lost }
    const job = countingJob('pool')
    const delivery = { message: stageMessage('pool'), messageId: 'm', last: false, leaseMs }
    await expect(runStage(job, { ...begun.ports, documents }, delivery)).rejects.toThrow('connection lost')
    expect(await begun.stage('pool')).toMatchObject({ status: 'queued', attempt: 2 })
    expect(job.counts.passes).toBe(0)
  })
})

describe('a stage that finds the dump itself at fault', () => {
  const unreadable = async (): Promise<never> => {
    throw new TaggedError('no-such-layout', 'The tracker table does not validate.', 'Collect a full dump.')
  }

  test('has failed for good at once: that is a result, and no dead letter', async () => {
    const begun = await begunAnalysis()
    const job = countingJob('imports', unreadable)
    expect(await deliver(begun, job)).toMatchObject({ end: 'failed' })
    expect(await begun.stage('imports')).toMatchObject({
      status: 'failed',
      note: 'The tracker table does not validate. Collect a full dump.',
      finishedAt: after(0).toISOString(),
    })
    expect(job.counts.passes).toBe(1)
  })

  test('ends the analysis when it is the header', async () => {
    const begun = await begunAnalysis()
    const job = countingJob('header', unreadable)
    expect(await deliver(begun, job)).toMatchObject({ end: 'failed' })
    expect((await begun.analysis())?.status).toBe('failed')
    expect(failAnalysis((await begun.analysis())!, start)).toEqual({ refused: 'settled' })
  })
})
