import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { DataFolderInUse } from '../../../infra/local/endpoints/database.ts'
import type { LocalStack } from '../../../infra/local/stack.ts'
import { TemplateError } from '../../../infra/local/template/template.ts'
import { bucketResource, s3Client } from './support/s3.ts'
import { startStack, temporaryFolder } from './support/stack.ts'

const table = (key = 'pk') => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    AttributeDefinitions: [
      { AttributeName: key, AttributeType: 'S' },
      { AttributeName: 'list', AttributeType: 'S' },
    ],
    KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byList',
        KeySchema: [{ AttributeName: 'list', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  },
})
const resources = { Bucket: bucketResource(), Jobs: { Type: 'AWS::SQS::Queue' }, Table: table() }

const clients = (stack: Pick<LocalStack, 'origins' | 'credentials'>) => {
  const common = { region: 'us-east-1', credentials: stack.credentials, maxAttempts: 1 }
  const dynamo = new DynamoDBClient({ ...common, endpoint: stack.origins.dynamodb })
  const sqs = new SQSClient({ ...common, endpoint: stack.origins.sqs })
  onTestFinished(() => {
    dynamo.destroy()
    sqs.destroy()
  })
  return { dynamo, sqs, s3: s3Client(stack as LocalStack), QueueUrl: `${stack.origins.sqs}/000000000000/Jobs` }
}

/** A stack in a process of its own, that can be killed. */
const startProcess = async (dataDir: string) => {
  const options = { template: { Resources: resources }, assets: {}, dataDir, portalDir: dataDir, port: 0 }
  const program = `
    import { startLocalStack } from ${JSON.stringify(join(import.meta.dirname, '../../../infra/local/stack.ts'))}
    const { origins, credentials } = await startLocalStack(${JSON.stringify(options)})
    console.log(JSON.stringify({ origins, credentials }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, stack: JSON.parse(line) as Pick<LocalStack, 'origins' | 'credentials'> }
}

test('what was acknowledged is there after the stack was killed', async () => {
  const dataDir = await temporaryFolder()
  const { child, stack } = await startProcess(dataDir)
  const before = clients(stack)
  await before.s3.send(new PutObjectCommand({ Bucket: 'dumps', Key: 'a', Body: 'bytes' }))
  await before.sqs.send(new SendMessageCommand({ QueueUrl: before.QueueUrl, MessageBody: 'message' }))
  const Item = { pk: { S: 'case' }, list: { S: 'all' }, title: { S: 'kept' } }
  await before.dynamo.send(new PutItemCommand({ TableName: 'Table', Item }))
  const ended = new Promise((resolve) => child.on('close', resolve))
  child.kill('SIGKILL')
  await ended

  const after = clients(await startStack(resources, { dataDir }))
  const object = await after.s3.send(new GetObjectCommand({ Bucket: 'dumps', Key: 'a' }))
  expect(await object.Body!.transformToString()).toBe('bytes')
  const { Messages } = await after.sqs.send(new ReceiveMessageCommand({ QueueUrl: after.QueueUrl }))
  expect(Messages?.map(({ Body }) => Body)).toEqual(['message'])
  const got = await after.dynamo.send(new GetItemCommand({ TableName: 'Table', Key: { pk: { S: 'case' } } }))
  expect(got.Item).toEqual(Item)
  const listed = await after.dynamo.send(
    new QueryCommand({
      TableName: 'Table',
      IndexName: 'byList',
      KeyConditionExpression: '#list = :all',
      ExpressionAttributeNames: { '#list': 'list' },
      ExpressionAttributeValues: { ':all': { S: 'all' } },
    }),
  )
  expect(listed.Items).toEqual([Item])
})

test('DynamoDB wants the right signature too, and outlives a client that goes away in the middle', async () => {
  const stack = await startStack(resources)
  const wrong = { ...stack, credentials: { ...stack.credentials, secretAccessKey: 'wrong' } }
  const get = new GetItemCommand({ TableName: 'Table', Key: { pk: { S: 'case' } } })
  await expect(clients(wrong).dynamo.send(get)).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
  const { request } = await import('node:http')
  await new Promise<void>((resolve) => {
    const sent = request(stack.origins.dynamodb, { method: 'POST', headers: { 'content-length': 1000 } })
    sent.on('error', () => resolve())
    sent.write('half', () => setTimeout(() => sent.destroy(new Error('cut')), 50))
  })
  expect((await clients(stack).dynamo.send(get)).Item).toBeUndefined()
})

test('a data folder belongs to one stack at a time', async () => {
  const dataDir = await temporaryFolder()
  const { stop } = await startStack(resources, { dataDir })
  await expect(startStack(resources, { dataDir })).rejects.toThrow(DataFolderInUse)
  await stop()
  await startStack(resources, { dataDir })
})

test('a table whose keys changed is not read as something else', async () => {
  const dataDir = await temporaryFolder()
  const { stop } = await startStack(resources, { dataDir })
  await stop()
  await expect(startStack({ Table: table('other') }, { dataDir })).rejects.toThrow(TemplateError)
})
