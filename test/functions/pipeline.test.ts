import { describe, expect, test } from 'vitest'
import { type DumpStagePorts, dumpStage } from '../../functions/aws/dump-stage.ts'
import { stageHandler } from '../../functions/aws/stage-handler.ts'
import { Analysis } from '../../shared/analysis/analysis.ts'
import { TaggedError } from '../../shared/bytes/tagged-error.ts'
import { analysisKey, resultKey } from '../../shared/cases/object-keys.ts'
import type { Stage } from '../../shared/cases/stage.ts'
import { analysisRecord, ids, uploadedDump } from '../cases/records.ts'
import { begunAnalysis, lambdaContext, queueTools, sqsEvent, sqsRecord, stageMessage } from './fakes.ts'
import { bytesSource, emptyJobs, header, type Jobs, neverPacked, reading, realJobs } from './jobs.ts'

const maxReceiveCount = 5
const id = { tenant: 'default', ...ids }

const portsOf = (bytes: Uint8Array, begun: Awaited<ReturnType<typeof begunAnalysis>>): DumpStagePorts => ({
  open: () => bytesSource(bytes),
  send: begun.ports.send,
  sendShard: begun.ports.sendShard,
  newId: begun.ports.newId,
  clock: () => performance.now(),
  peakMemory: () => 1_000_000,
})

/** Delivers messages as SQS would, until none is left; returns the stages in the order in which they were told. */
const runPipeline = async (bytes: Uint8Array, jobs: Jobs) => {
  const begun = await begunAnalysis()
  const ports = portsOf(bytes, begun)
  const queue = [{ message: stageMessage('header'), receives: 1 }]
  const told: Stage[] = []
  const deadLetters: Stage[] = []
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { message, receives } = next
    if (receives === 1) told.push(message.stage)
    const handler = stageHandler(jobs[message.stage](neverPacked(ports)), begun.ports, queueTools(), maxReceiveCount)
    const event = sqsEvent(sqsRecord('m', JSON.stringify(message), receives))
    const { batchItemFailures } = await handler(event, lambdaContext())
    if (batchItemFailures.length > 0 && receives < maxReceiveCount) queue.push({ message, receives: receives + 1 })
    else if (batchItemFailures.length > 0) deadLetters.push(message.stage)
    queue.push(...begun.sent.splice(0).map((sent) => ({ message: sent, receives: 1 })))
  }
  const detail = (await begun.store.detail(ids.caseId))!
  const { analysis, stages } = detail.dumps[0].analyses[0]
  const text = begun.documents.texts.get(analysisKey(id))
  return {
    told,
    deadLetters,
    case: detail.case,
    analysis,
    statuses: stages.map(({ stage, status }) => `${stage} ${status}`),
    verdictCost: stages.find(({ stage }) => stage === 'verdict')?.cost,
    notes: Object.fromEntries(stages.map(({ stage, note }) => [stage, note])),
    document: text === undefined ? null : Analysis.parse(JSON.parse(text)),
    texts: begun.documents.texts,
  }
}

describe('a file that is no dump', () => {
  const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...new Array(5000).fill(7)])

  test.each([
    ['a PNG', png],
    ['an empty file', new Uint8Array()],
  ])('(%s) skips what would read memory and ends as a case with a reason and advice', async (_what, bytes) => {
    const ended = await runPipeline(bytes, realJobs)
    expect(ended.told).toEqual(['header', 'verdict'])
    expect(ended.statuses).toEqual(['header done', 'pool skipped', 'imports skipped', 'verdict done'])
    expect(ended.notes.pool).toBe(ended.document?.dump.refusal?.message)
    expect(ended.document?.dump.refusal?.advice).toBeTruthy()
    expect(ended.document?.verdict).toBe('not-determinable')
    expect(ended.analysis).toMatchObject({
      status: 'done',
      verdict: 'not-determinable',
      headline: ended.document?.headline,
    })
    expect(ended.case).toMatchObject({ verdict: 'not-determinable', headline: ended.document?.headline, driver: null })
    expect(ended.deadLetters).toEqual([])
  })
})

/** A dump with memory whose stages find nothing: what is tested here is the way from one to the next. */
describe('a dump with memory', () => {
  const bytes = new Uint8Array(8192)

  test('goes through every stage, each leaving its result, and the costs add up', async () => {
    const ended = await runPipeline(bytes, emptyJobs())
    expect(ended.told).toEqual(['header', 'pool', 'imports', 'verdict'])
    expect(ended.statuses).toEqual(['header done', 'pool done', 'imports done', 'verdict done'])
    expect([...ended.texts.keys()].sort()).toEqual(
      [analysisKey(id), ...(['header', 'imports', 'pool'] as const).map((stage) => resultKey(id, stage))].sort(),
    )
    // The cache reads whole blocks, here the whole dump, once a stage.
    expect(ended.document?.cost).toMatchObject({ bytesRead: 2 * 8192, reads: 2, peakMemoryBytes: 1_000_000 })
    expect(ended.verdictCost).toMatchObject({ bytesRead: 0, reads: 0 })
  })

  test('whose pool stage breaks still gets its verdict, which says what is missing, and one dead letter', async () => {
    const ended = await runPipeline(
      bytes,
      emptyJobs({
        pool: (ports) =>
          dumpStage('pool', ports, async () => {
            throw new TypeError('cannot read "hunter2"')
          }),
      }),
    )
    expect(ended.statuses).toEqual(['header done', 'pool failed', 'imports done', 'verdict done'])
    expect(ended.deadLetters).toEqual(['pool'])
    expect(ended.analysis.status).toBe('done')
    expect(ended.document?.verdict).not.toBe('healthy')
    expect(ended.document?.coverage.map(({ area, note }) => [area, note])).toContainEqual(['pool', ended.notes.pool])
    expect(JSON.stringify([...ended.texts.values()])).not.toContain('hunter2')
  })

  test('that a stage cannot make sense of is no dead letter', async () => {
    const ended = await runPipeline(
      bytes,
      emptyJobs({
        imports: (ports) =>
          dumpStage('imports', ports, async () => {
            throw new TaggedError('no-exports', 'The kernel’s exports are not in the dump.', 'Collect a kernel dump.')
          }),
      }),
    )
    expect(ended.told).toEqual(['header', 'pool', 'imports', 'verdict'])
    expect(ended.statuses[2]).toBe('imports failed')
    expect(ended.deadLetters).toEqual([])
    expect(ended.notes.imports).toBe('The kernel’s exports are not in the dump. Collect a kernel dump.')
    expect(ended.document?.coverage.map(({ note }) => note)).toContain(ended.notes.imports)
  })

  test('whose header stage breaks ends as a failed analysis and goes no further', async () => {
    const ended = await runPipeline(
      bytes,
      emptyJobs({
        header: (ports) =>
          dumpStage('header', ports, async () => {
            throw new RangeError('no')
          }),
      }),
    )
    expect(ended.told).toEqual(['header'])
    expect(ended.statuses).toEqual(['header failed', 'pool queued', 'imports queued', 'verdict queued'])
    expect(ended.analysis).toMatchObject({ status: 'failed', verdict: null })
    expect(ended.document).toBeNull()
  })

  test('tells a stage once, however often the one before it is delivered', async () => {
    const begun = await begunAnalysis()
    const ports = portsOf(bytes, begun)
    const deliver = async (stage: Stage) => {
      const handler = stageHandler(emptyJobs()[stage](neverPacked(ports)), begun.ports, queueTools(), maxReceiveCount)
      await handler(sqsEvent(sqsRecord('m', JSON.stringify(stageMessage(stage)))), lambdaContext())
      return begun.sent.splice(0).map(({ stage }) => stage)
    }
    expect(await deliver('header')).toEqual(['pool'])
    // Nobody has taken the message yet: it may have got lost.
    expect(await deliver('header')).toEqual(['pool'])
    expect(await deliver('pool')).toEqual(['imports'])
    expect(await deliver('header')).toEqual([])
  })

  test('is not read any more once the time is over', async () => {
    const begun = await begunAnalysis()
    const job = dumpStage('header', portsOf(bytes, begun), reading(100, header))
    const journey = { lane: 'interactive' as const, traceId: null }
    const context = {
      id,
      journey,
      store: begun.store,
      documents: begun.documents,
      dump: uploadedDump,
      analysis: analysisRecord,
      now: begun.ports.now,
      workingMs: 60_000,
      tellEnd: begun.ports.tellEnd,
    }
    await expect(job.run({ ...context, signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow('over')
    await expect(job.run({ ...context, signal: new AbortController().signal })).resolves.toMatchObject({
      result: header,
    })
  })
})
