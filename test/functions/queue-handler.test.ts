import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { describeError } from '../../functions/aws/describe-error.ts'
import { backoffSeconds, queueHandler } from '../../functions/aws/queue-handler.ts'
import { stageHandler } from '../../functions/aws/stage-handler.ts'
import type { StageJob } from '../../functions/aws/stage-runner.ts'
import { TaggedError } from '../../shared/bytes/tagged-error.ts'
import { begunAnalysis, countingJob, lambdaContext, queueTools, sqsEvent, sqsRecord, stageMessage } from './fakes.ts'

const maxReceiveCount = 5
const failedIds = (response: SQSBatchResponse) => response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)

const prepare = async (job: StageJob) => {
  const begun = await begunAnalysis()
  const tools = queueTools()
  const handler = stageHandler(job, begun.ports, tools, maxReceiveCount)
  return { ...begun, tools, run: (event: SQSEvent) => handler(event, lambdaContext()) }
}
const body = (stage: Parameters<typeof stageMessage>[0]) => JSON.stringify(stageMessage(stage))

describe('a batch of messages', () => {
  test('reports the one that failed and no other, and has it come back soon', async () => {
    const tools = queueTools()
    const handled: string[] = []
    const handler = queueHandler(tools, async (record) => {
      handled.push(record.messageId)
      if (record.messageId === 'b') throw new Error('no')
    })
    const event = sqsEvent(sqsRecord('a', ''), sqsRecord('b', '', 3), sqsRecord('c', ''))
    expect(failedIds(await handler(event, lambdaContext()))).toEqual(['b'])
    expect(handled).toEqual(['a', 'b', 'c'])
    expect(tools.retries).toEqual([{ handle: 'handle of b', seconds: 20 }])
  })

  test('that fails as a whole is an answer, not a crash', async () => {
    const handler = queueHandler(queueTools(), async () => {
      throw new Error('no')
    })
    expect(failedIds(await handler(sqsEvent(sqsRecord('a', '')), lambdaContext()))).toEqual(['a'])
  })

  test('reports a failure even when its message cannot be made to come back soon', async () => {
    const tools = {
      ...queueTools(),
      retryIn: async () => {
        throw new Error('SQS is away')
      },
    }
    const handler = queueHandler(tools, async () => {
      throw new Error('no')
    })
    expect(failedIds(await handler(sqsEvent(sqsRecord('a', '')), lambdaContext()))).toEqual(['a'])
  })

  test('failures come back slower each time', () => {
    expect([1, 2, 3, 4, 20].map(backoffSeconds)).toEqual([5, 10, 20, 40, 300])
  })
})

describe('a stage’s queue', () => {
  test('runs the stage of a good message', async () => {
    const job = countingJob('pool')
    const { run, stage } = await prepare(job)
    expect(failedIds(await run(sqsEvent(sqsRecord('a', body('pool')))))).toEqual([])
    expect((await stage('pool'))?.status).toBe('done')
  })

  test.each([
    ['that is not JSON', 'hello'],
    ['without its ids', '{"stage":"pool"}'],
    ['with something extra', JSON.stringify({ ...stageMessage('pool'), shell: 'rm' })],
    ['for another stage', body('imports')],
  ])('reports a message %s, runs nothing, and does the rest of the batch', async (_what, poison) => {
    const job = countingJob('pool')
    const { run, stage } = await prepare(job)
    expect(failedIds(await run(sqsEvent(sqsRecord('bad', poison), sqsRecord('good', body('pool')))))).toEqual(['bad'])
    expect(job.counts.runs).toBe(1)
    expect((await stage('pool'))?.status).toBe('done')
    expect((await stage('imports'))?.status).toBe('queued')
  })

  test('delivered twice at once runs the stage once', async () => {
    const job = countingJob('pool')
    const { run } = await prepare(job)
    const [first, second] = await Promise.all([
      run(sqsEvent(sqsRecord('a', body('pool')))),
      run(sqsEvent(sqsRecord('a again', body('pool')))),
    ])
    expect(job.counts.runs).toBe(1)
    expect(failedIds(first).length + failedIds(second).length).toBeLessThanOrEqual(1)
  })

  test('records the failure before the message becomes a dead letter, not earlier', async () => {
    const job = countingJob('pool', async () => {
      throw new TypeError('undefined is not a function')
    })
    const { run, stage, tools } = await prepare(job)
    for (let receive = 1; receive < maxReceiveCount; receive++) {
      expect(failedIds(await run(sqsEvent(sqsRecord('a', body('pool'), receive))))).toEqual(['a'])
      expect((await stage('pool'))?.status).toBe('queued')
    }
    expect(failedIds(await run(sqsEvent(sqsRecord('a', body('pool'), maxReceiveCount))))).toEqual(['a'])
    expect(await stage('pool')).toMatchObject({ status: 'failed', attempt: maxReceiveCount })
    expect((await stage('pool'))?.note).toContain('TypeError')
    expect(tools.retries.map(({ seconds }) => seconds)).toEqual([5, 10, 20, 40, 80])
  })
})

describe('the log of an error', () => {
  test('says its kind and place, and never quotes what could be memory', () => {
    const parse = () => JSON.parse('{"secret": hunter2}')
    let caught: unknown
    try {
      parse()
    } catch (error) {
      caught = error
    }
    expect(String(caught)).toContain('hunter2')
    const described = describeError(caught)
    expect(described.name).toBe('SyntaxError')
    expect(described.frames.length).toBeGreaterThan(0)
    expect(JSON.stringify(described)).not.toContain('hunter2')
  })

  test('keeps our own sentences', () => {
    expect(describeError(new TaggedError('short-read', 'The file ends early.', 'Copy it again.')).message).toBe(
      'The file ends early.',
    )
  })
})
