import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { failedIds } from '../../../infra/local/lambda/event-source.ts'
import type { StackOptions } from '../../../infra/local/stack.ts'
import { startStack, temporaryFolder, tinyFunction, until } from './support/stack.ts'

/** A queue feeding a function that writes what it gets into a journal. */
const start = async (handler: string, mapping: object = {}, options: Partial<StackOptions> = {}) => {
  const dataDir = options.dataDir ?? (await temporaryFolder())
  const file = join(dataDir, 'journal')
  const stack = await startStack(
    {
      Dead: { Type: 'AWS::SQS::Queue' },
      Jobs: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          VisibilityTimeout: 1,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 2 },
        },
      },
      Worker: tinyFunction(handler, { Environment: { Variables: { JOURNAL: file } } }),
      Feed: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
          FunctionName: { Ref: 'Worker' },
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ...mapping,
        },
      },
    },
    { ...options, dataDir },
  )
  const { origins, credentials } = stack
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: origins.sqs, credentials })
  onTestFinished(() => sqs.destroy())
  const send = (...messages: object[]) => {
    const Entries = messages.map((message, index) => ({ Id: String(index), MessageBody: JSON.stringify(message) }))
    const QueueUrl = `${origins.sqs}/000000000000/Jobs`
    return sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  }
  const journal = async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean).sort()
  return { stack, send, journal }
}

test('of a batch only the messages that failed come again, and those that always fail end as dead letters', async () => {
  const { stack, send, journal } = await start('worker')
  await send({ name: 'good' }, { name: 'once', times: 1 }, { name: 'always', times: 9 }, { name: 'fine' })
  await until(() => stack.deadLetters().length > 0)
  expect(stack.deadLetters()).toEqual([{ queue: 'Dead', messages: 1 }])
  expect(await journal()).toEqual(['always 1', 'always 2', 'fine 1', 'good 1', 'once 1', 'once 2'])
})

test('when the function fails, its whole batch comes again, and the failure is told', async () => {
  const problems: string[] = []
  const onProblem = (sentence: string) => problems.push(sentence)
  const { send, journal } = await start('clumsy', { BatchSize: 2 }, { onProblem })
  await send({ a: 1 }, { b: 2 })
  await until(async () => (await journal()).length === 4)
  expect(await journal()).toEqual(['{"a":1} 1', '{"a":1} 2', '{"b":2} 1', '{"b":2} 2'])
  expect(problems[0]).toContain('The function Worker failed: Error: Not the first time.')
})

test('a message that was being handled when the stack stopped is handled after the next start', async () => {
  const dataDir = await temporaryFolder()
  const before = await start('hang', {}, { dataDir })
  await before.send({ name: 'left over' })
  await until(async () => (await readFile(join(dataDir, 'logs/Worker.log'), 'utf8').catch(() => '')).includes('START'))
  await before.stack.stop()
  const after = await start('worker', {}, { dataDir })
  await until(async () => (await after.journal()).length > 0)
  expect(await after.journal()).toEqual(['left over 2'])
})

const batch = [{ messageId: 'a' }, { messageId: 'b' }]

test.for([
  ['no failures', '{"batchItemFailures":[]}', []],
  ['no answer', 'null', []],
  ['one failure', '{"batchItemFailures":[{"itemIdentifier":"b"}]}', ['b']],
  ['an unknown message', '{"batchItemFailures":[{"itemIdentifier":"c"}]}', 'all'],
  ['an empty identifier', '{"batchItemFailures":[{"itemIdentifier":""}]}', 'all'],
  ['no identifier', '{"batchItemFailures":[null]}', 'all'],
  ['nonsense', '{"batchItemFailures":"b"}', 'all'],
] as const)('a partial batch response with %s is understood', ([, answer, expected]) => {
  const failed = failedIds(answer, batch, true)
  expect(failed === 'all' ? failed : [...failed]).toEqual(expected)
})
