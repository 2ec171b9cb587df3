import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnLoopback } from '../../../infra/local/endpoints/loopback.ts'
import { eventsServer } from '../../../infra/local/events/server.ts'
import { temporaryFolder } from './support/stack.ts'

const entry = { EventBusName: 'bus', Source: 'dumpline', DetailType: 'analysis.finished', Detail: '{"id":"event_1"}' }

const start = async (secretAccessKey = 'secret') => {
  const file = join(await temporaryFolder(), 'events.jsonl')
  const loopback = await listenOnLoopback(0)
  onTestFinished(loopback.close)
  loopback.serve(eventsServer(['bus'], file, { accessKeyId: 'key', secretAccessKey: 'secret' }))
  const credentials = { accessKeyId: 'key', secretAccessKey }
  const client = new EventBridgeClient({ region: 'us-east-1', endpoint: loopback.origin, credentials, maxAttempts: 1 })
  onTestFinished(() => client.destroy())
  const lines = async () => (await readFile(file, 'utf8')).trim().split('\n')
  return { client, lines }
}

test('an event that is put is written down as a target would get it', async () => {
  const { client, lines } = await start()
  const Time = new Date('2026-03-04T05:06:07Z')
  const answer = await client.send(new PutEventsCommand({ Entries: [{ ...entry, Time }] }))
  expect(answer).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] })
  expect((await lines()).map((line) => JSON.parse(line))).toEqual([
    {
      id: answer.Entries?.[0]?.EventId,
      bus: 'bus',
      source: 'dumpline',
      'detail-type': 'analysis.finished',
      time: Time.toISOString(),
      detail: { id: 'event_1' },
    },
  ])
})

test('an entry that EventBridge would not take is refused, and the others are taken', async () => {
  const { client, lines } = await start()
  const bad = [
    { ...entry, Source: undefined },
    { ...entry, Detail: '[]' },
    { ...entry, EventBusName: 'other' },
  ]
  const answer = await client.send(new PutEventsCommand({ Entries: [...bad, entry] }))
  expect(answer.FailedEntryCount).toBe(3)
  expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
    'InvalidArgument',
    'MalformedDetail',
    'InvalidArgument',
    undefined,
  ])
  expect(await lines()).toHaveLength(1)
})

test('other actions and other people’s requests are refused', async () => {
  const { client } = await start()
  await expect(client.send(new ListRulesCommand({}))).rejects.toThrow('does not implement')
  const stranger = await start('guessed')
  await expect(stranger.client.send(new PutEventsCommand({ Entries: [entry] }))).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  })
})
