import { expect, test } from 'vitest'
import { dumpStage } from '../../functions/aws/dump-stage.ts'
import { stageHandler } from '../../functions/aws/stage-handler.ts'
import { Analysis } from '../../shared/analysis/analysis.ts'
import { TaggedError } from '../../shared/bytes/tagged-error.ts'
import { beginFurtherAnalysis } from '../../shared/cases/begin-analysis.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import { dataVersions } from '../../shared/stages/versions.ts'
import { after, ids, uploadedDump } from '../cases/records.ts'
import { begunAnalysis, lambdaContext, queueTools, sqsEvent, sqsRecord, stageMessage } from './fakes.ts'
import { bytesSource, emptyJobs, neverPacked } from './jobs.ts'

const second = { ...ids, analysisId: 'analysis_00000000020000000000000000' }
const repetition = {
  analysisId: second.analysisId,
  engineVersion: '0.2.0',
  at: after(60),
  batchId: 'batch_1',
  lane: 'reprocessing' as const,
  traceId: null,
}

/** A dump analysed once, by real handlers over fakes, and what is needed to do it again. */
const analysedOnce = async (jobs = emptyJobs()) => {
  const begun = await begunAnalysis()
  const reads: number[] = []
  const ports = {
    open: () => {
      const source = bytesSource(new Uint8Array(8192))
      return {
        size: source.size,
        read: (offset: number, length: number) => {
          reads.push(length)
          return source.read(offset, length)
        },
      }
    },
    send: begun.ports.send,
    sendShard: begun.ports.sendShard,
    newId: begun.ports.newId,
    clock: () => 0,
    peakMemory: () => 1,
  }
  /** Runs what is told until nothing more is; the stages in the order of their messages. */
  const run = async (first: StageMessage): Promise<string[]> => {
    const told: string[] = []
    for (let next: StageMessage | undefined = first; next !== undefined; next = begun.sent.shift()) {
      told.push(next.stage)
      const handler = stageHandler(jobs[next.stage](neverPacked(ports)), begun.ports, queueTools(), 5)
      await handler(sqsEvent(sqsRecord('m', JSON.stringify(next))), lambdaContext())
    }
    return told
  }
  await run(stageMessage('header'))
  const { dump, analyses } = (await begun.store.detail(ids.caseId))!.dumps[0]
  const [{ analysis, stages }] = analyses
  /** Does it again, taking over the first so many stages. */
  const again = async (taken: number) => {
    reads.length = 0
    const earlier = { analysis, stages: stages.slice(0, taken) }
    const { waiting, tell } = await beginFurtherAnalysis(begun.store, dump, { ...repetition, earlier })
    return waiting ? run({ ...stageMessage(tell), ...second, lane: 'reprocessing' }) : null
  }
  const statuses = async () =>
    (await begun.store.detail(ids.caseId))!.dumps[0].analyses[1].stages.map(({ stage, status }) => `${stage} ${status}`)
  return { ...begun, reads, run, again, statuses }
}

test.each([
  [3, ['verdict'], 0],
  // The last stage that was taken over is told, and calls the next one.
  [2, ['pool', 'imports', 'verdict'], 0],
  [1, ['header', 'pool', 'imports', 'verdict'], 1],
  [0, ['header', 'pool', 'imports', 'verdict'], 2],
])('an analysis that takes over %i stages runs the others, and reads for these alone', async (taken, told, reads) => {
  const once = await analysedOnce()
  const before = await once.store.cases.get(ids)
  expect(await once.again(taken)).toEqual(told)
  expect(once.reads).toHaveLength(reads)
  expect(await once.statuses()).toEqual(['header done', 'pool done', 'imports done', 'verdict done'])

  const analysis = await once.store.analyses.get(second)
  expect(analysis).toMatchObject({ status: 'done', batchId: 'batch_1', facts: { data: dataVersions, refused: false } })
  const documentOf = (id: typeof ids) =>
    Analysis.parse(JSON.parse(once.documents.texts.get(analysisKey({ tenant: 'default', ...id }))!))
  expect({ ...documentOf(second), cost: null }).toEqual({ ...documentOf(ids), cost: null })
  if (reads === 0) expect(documentOf(second).cost).toMatchObject({ bytesRead: 0, reads: 0 })
  // Its case and its dump know nothing of it yet.
  expect(await once.store.cases.get(ids)).toEqual(before)
  expect((await once.store.dumps.get(ids))?.currentAnalysisId).toBe(ids.analysisId)
})

test('a chain of repetitions takes each result from where it lies', async () => {
  const once = await analysedOnce()
  await once.again(2)
  const detail = (await once.store.detail(ids.caseId))!.dumps[0].analyses[1]
  const third = { ...repetition, analysisId: 'analysis_3' }
  const earlier = { ...detail, stages: detail.stages.slice(0, 3) }
  await beginFurtherAnalysis(once.store, { ...uploadedDump, currentAnalysisId: ids.analysisId }, { ...third, earlier })
  expect((await once.store.analyses.get({ ...ids, analysisId: 'analysis_3' }))?.reused).toEqual({
    header: ids.analysisId,
    pool: ids.analysisId,
    imports: second.analysisId,
  })
  expect(await once.run({ ...stageMessage('verdict'), analysisId: 'analysis_3' })).toEqual(['verdict'])
})

test('one that fails ends as failed, and its case still shows the one before', async () => {
  let fails = false
  const once = await analysedOnce(
    emptyJobs({
      header: (ports) =>
        fails
          ? dumpStage('header', ports, async () => {
              throw new TaggedError('dump-gone', 'The dump is gone.', 'Upload it again.')
            })
          : emptyJobs().header(ports),
    }),
  )
  const before = await once.store.cases.get(ids)
  fails = true
  await once.again(0)
  expect((await once.store.analyses.get(second))?.status).toBe('failed')
  expect(await once.store.cases.get(ids)).toEqual(before)
})

test('asked for again once it is under way, tells nobody', async () => {
  const once = await analysedOnce()
  await once.again(3)
  expect(await once.again(3)).toBeNull()
})
