import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { redrive } from '../../functions/aws/redrive.ts'
import { startStack, until } from '../infra/local/support/stack.ts'

const deadLetters = { Type: 'AWS::SQS::Queue' }
const queue = (target: string) => ({
  Type: 'AWS::SQS::Queue',
  Properties: {
    VisibilityTimeout: 0,
    RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [target, 'Arn'] }, maxReceiveCount: 1 },
  },
})

test('dead letters go back to the queue of their own lane, where asked, and a dry run moves none', async () => {
  const {
    origins,
    credentials,
    deadLetters: dead,
  } = await startStack({
    DumplinePoolDeadLetters: deadLetters,
    DumplineHeaderDeadLetters: deadLetters,
    DumplinePoolInteractive: queue('DumplinePoolDeadLetters'),
    DumplinePoolNormal: queue('DumplinePoolDeadLetters'),
    DumplineHeaderNormal: queue('DumplineHeaderDeadLetters'),
  })
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: origins.sqs, credentials })
  onTestFinished(() => sqs.destroy())
  const url = (name: string) => `${origins.sqs}/000000000000/${name}`
  const receive = async (name: string) => {
    const command = new ReceiveMessageCommand({ QueueUrl: url(name), MaxNumberOfMessages: 10 })
    return ((await sqs.send(command)).Messages ?? []).map(({ Body }) => Body)
  }
  for (const name of ['DumplinePoolInteractive', 'DumplinePoolNormal', 'DumplineHeaderNormal']) {
    await sqs.send(new SendMessageCommand({ QueueUrl: url(name), MessageBody: name }))
    expect(await receive(name)).toEqual([name])
    await until(async () => (await receive(name)).length === 0)
  }
  const found = [
    { queue: 'DumplinePoolDeadLetters', messages: 2 },
    { queue: 'DumplineHeaderDeadLetters', messages: 1 },
  ]
  expect(await redrive(sqs, { prefix: 'Dumpline', dryRun: true })).toEqual(found)
  expect(dead()).toEqual(found)
  expect(await redrive(sqs, { prefix: 'Dumpline', only: 'Pool', dryRun: false })).toEqual([found[0]])
  expect(await receive('DumplinePoolInteractive')).toEqual(['DumplinePoolInteractive'])
  expect(await receive('DumplinePoolNormal')).toEqual(['DumplinePoolNormal'])
  expect(await redrive(sqs, { prefix: 'Dumpline', dryRun: true })).toEqual([found[1]])
})
