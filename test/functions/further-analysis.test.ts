import { describe, expect, test } from 'vitest'
import { dumpStage } from '../../functions/aws/dump-stage.ts'
import { stageHandler } from '../../functions/aws/stage-handler.ts'
import { TaggedError } from '../../shared/bytes/tagged-error.ts'
import { beginFurtherAnalysis } from '../../shared/cases/begin-analysis.ts'
import type { Stage } from '../../shared/cases/stage.ts'
import { ids, traceId, uploadingDump } from '../cases/records.ts'
import { begunAnalysis, lambdaContext, queueTools, sqsEvent, sqsRecord, stageMessage } from './fakes.ts'
import { bytesSource, emptyJobs, type Jobs, neverPacked } from './jobs.ts'

const later = 'analysis_00000000020000000000000000'

/** A dump whose first analysis is done, and which then is analysed once more, each stage by `jobs`. */
const analysedAgain = async (jobs: Jobs) => {
  const begun = await begunAnalysis()
  const ports = {
    open: () => bytesSource(new Uint8Array(8192)),
    send: begun.ports.send,
    sendShard: begun.ports.sendShard,
    newId: begun.ports.newId,
    clock: () => 0,
    peakMemory: () => 1,
  }
  const deliverAll = async (analysisId: string, jobs: Jobs) => {
    begun.sent.push({ ...stageMessage('header'), analysisId })
    for (let message = begun.sent.shift(); message !== undefined; message = begun.sent.shift()) {
      const handler = stageHandler(jobs[message.stage](neverPacked(ports)), begun.ports, queueTools(), 5)
      await handler(sqsEvent(sqsRecord('m', JSON.stringify(message))), lambdaContext())
    }
  }
  await deliverAll(ids.analysisId, emptyJobs())
  const stands = (await begun.store.cases.get(ids))!
  const dump = (await begun.store.dumps.get(ids))!
  const beginning = {
    analysisId: later,
    engineVersion: '0.2.0',
    at: begun.ports.now(),
    lane: 'reprocessing' as const,
    traceId,
  }
  expect(await beginFurtherAnalysis(begun.store, dump, beginning)).toEqual({ waiting: true, tell: 'header' })
  expect(await beginFurtherAnalysis(begun.store, dump, beginning)).toEqual({ waiting: true, tell: 'header' })
  const meanwhile = (await begun.store.cases.get(ids))!
  await deliverAll(later, jobs)
  return { begun, stands, meanwhile, detail: (await begun.store.detail(ids.caseId))! }
}

const broken = (stage: 'header' | 'pool'): Jobs =>
  emptyJobs({
    [stage]: (ports: Parameters<Jobs[Stage]>[0]) =>
      dumpStage(stage, ports, async () => {
        throw new TaggedError('not-there', 'It is not in the dump.', 'Collect a full dump.')
      }),
  })

describe('a further analysis of a dump', () => {
  test('leaves the case as it stands until it is done, and then counts', async () => {
    const { stands, meanwhile, detail } = await analysedAgain(emptyJobs())
    expect(stands).toMatchObject({ status: 'done', outcomeOf: ids.analysisId })
    expect(meanwhile).toEqual(stands)
    expect(detail.case).toMatchObject({ status: 'done', outcomeOf: later })
    const [{ dump, analyses }] = detail.dumps
    expect(dump.currentAnalysisId).toBe(later)
    expect(analyses.map(({ analysis: { status, supersedes } }) => [status, supersedes])).toEqual([
      ['done', undefined],
      ['done', ids.analysisId],
    ])
    expect(analyses[1].analysis).toMatchObject({ lane: 'reprocessing', traceId, engineVersion: '0.2.0' })
  })

  test.each(['header', 'pool'] as const)('whose %s stage fails is kept, and what stood stands', async (stage) => {
    const { stands, detail } = await analysedAgain(broken(stage))
    expect(detail.case).toEqual(stands)
    expect(detail.dumps[0].dump.currentAnalysisId).toBe(ids.analysisId)
    expect(detail.dumps[0].analyses[1].analysis.status).toBe(stage === 'header' ? 'failed' : 'done')
  })

  test('is not begun for a dump without a first', async () => {
    const { store } = await begunAnalysis()
    const beginning = { analysisId: later, engineVersion: '0.2.0', at: new Date(), lane: 'normal' as const, traceId }
    await expect(beginFurtherAnalysis(store, uploadingDump, beginning)).rejects.toThrow(/no analysis yet/)
  })
})
