import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dynamoTable } from '../../functions/aws/dynamo-table.ts'
import type { Item, Table } from '../../shared/cases/table.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { tableShape } from './table-shape.ts'

/** The same promises, kept by DynamoDB's protocol and by the table in memory that the other tests use. */
const folder = mkdtempSync(join(tmpdir(), 'dumpline-table-'))
const server = dynalite({ path: folder, createTableMs: 0, deleteTableMs: 0 })
let table: Table

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  await client.send(
    new CreateTableCommand({
      TableName: 'cases',
      ...tableShape,
    }),
  )
  table = dynamoTable(client, 'cases')
})
afterAll(async () => {
  server.close()
  await once(server, 'close')
  rmSync(folder, { recursive: true })
})

const inMemory = memoryTable()

describe.each([
  ['over DynamoDB', () => table],
  ['in memory', () => inMemory],
])('a table %s', (_name, get) => {
  test('writes a new item once, and keeps what is null or nested', async () => {
    const table = get()
    const item: Item = { pk: 'p1', sk: 'a', revision: 1, record: { text: 'x', none: null, deep: { list: [1, 'two'] } } }
    expect(await table.get(item)).toBeNull()
    expect(await table.put(item, null)).toBe(true)
    expect(await table.put({ ...item, record: {} }, null)).toBe(false)
    expect(await table.get({ pk: 'p1', sk: 'a' })).toEqual(item)
  })

  test('replaces an item only at the revision that was read', async () => {
    const table = get()
    const item: Item = { pk: 'p2', sk: 'a', revision: 1, record: { n: 1 } }
    expect(await table.put({ ...item, revision: 2 }, 1)).toBe(false)
    await table.put(item, null)
    expect(await table.put({ ...item, revision: 2, record: { n: 2 } }, 1)).toBe(true)
    expect(await table.put({ ...item, revision: 2, record: { n: 3 } }, 1)).toBe(false)
    expect((await table.get(item))?.record).toEqual({ n: 2 })
  })

  test('lets one of many writers at once win', async () => {
    const table = get()
    await table.put({ pk: 'p3', sk: 'a', revision: 1, record: {} }, null)
    const writers = Array.from({ length: 10 }, (_, n) =>
      table.put({ pk: 'p3', sk: 'a', revision: 2, record: { n } }, 1),
    )
    expect((await Promise.all(writers)).filter(Boolean)).toHaveLength(1)
  })

  test('reads a partition whole and in order, more than one page of it', async () => {
    const table = get()
    // 1.5 MB; DynamoDB pages at 1 MB.
    for (const sk of ['c', 'a', 'e', 'b', 'd'])
      await table.put({ pk: 'p4', sk, revision: 1, record: { sk, filler: 'x'.repeat(300_000) } }, null)
    await table.put({ pk: 'p4 other', sk: 'z', revision: 1, record: {} }, null)
    expect((await table.query('p4')).map(({ sk }) => sk)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await table.query('p5')).toEqual([])
  })

  test('reads the part of a partition whose keys begin alike', async () => {
    const table = get()
    for (const sk of ['shard#1#0000', 'shard#1#0001', 'shard#10#0000', 'shard', 'stage#1'])
      await table.put({ pk: 'p6', sk, revision: 1, record: {} }, null)
    expect((await table.query('p6', 'shard#1#')).map(({ sk }) => sk)).toEqual(['shard#1#0000', 'shard#1#0001'])
    expect(await table.query('p6', 'shard#2#')).toEqual([])
  })

  test('lists from either end, page by page, only what is listed', async () => {
    const table = get()
    const listed = (n: number): Item & { listPk: string; listSk: string } => ({
      pk: `case ${n}`,
      sk: 'case',
      listPk: 'cases',
      listSk: `${n}`,
      revision: 1,
      record: {},
    })
    for (const n of [2, 1, 3]) await table.put(listed(n), null)
    await table.put({ pk: 'case 1', sk: 'dump', revision: 1, record: {} }, null)
    expect((await table.list('cases', null, 2)).map(({ pk }) => pk)).toEqual(['case 3', 'case 2'])
    expect((await table.list('cases', '2', 2)).map(({ pk }) => pk)).toEqual(['case 1'])
    expect((await table.listUp('cases', null, 2)).map(({ pk }) => pk)).toEqual(['case 1', 'case 2'])
    expect((await table.listUp('cases', '2', 2)).map(({ pk }) => pk)).toEqual(['case 3'])
  })

  test('pages through a partition from the highest sort key down', async () => {
    const table = get()
    for (const sk of ['a', 'c', 'b', 'e', 'd']) await table.put({ pk: 'p12', sk, revision: 1, record: null }, null)
    const page = async (below: string | null, limit: number) =>
      (await table.page('p12', below, limit)).map(({ sk }) => sk)
    expect(await page(null, 2)).toEqual(['e', 'd'])
    expect(await page('d', 2)).toEqual(['c', 'b'])
    expect(await page('b', 2)).toEqual(['a'])
    expect(await page('a', 2)).toEqual([])
  })

  test('fills a page of large items to its limit', async () => {
    const table = get()
    for (const sk of ['a', 'b', 'c', 'd', 'e'])
      await table.put({ pk: 'p7', sk, revision: 1, record: 'x'.repeat(300_000) }, null)
    expect(await table.page('p7', null, 5)).toHaveLength(5)
  })

  test('reads many items at once, and leaves out those that are not there', async () => {
    const table = get()
    const keys = Array.from({ length: 100 }, (_, n) => ({ pk: `p8 ${n}`, sk: 'a' }))
    for (const key of keys.slice(0, 90)) await table.put({ ...key, revision: 1, record: { of: key.pk } }, null)
    const items = await table.getMany(keys)
    expect(items).toHaveLength(90)
    expect(items.every(({ pk, record }) => (record as { of: string }).of === pk)).toBe(true)
    expect(await table.getMany([])).toEqual([])
  })

  test('raises an item to a later revision only, and removes none later than was said', async () => {
    const table = get()
    const item: Item = { pk: 'p10', sk: 'a', revision: 3, record: { n: 3 } }
    expect(await table.raise(item)).toBe(true)
    expect(await table.raise({ ...item, revision: 3, record: { n: 0 } })).toBe(false)
    expect(await table.raise({ ...item, revision: 5, record: { n: 5 } })).toBe(true)
    expect((await table.get(item))?.record).toEqual({ n: 5 })
    expect(await table.remove(item, 4)).toBe(false)
    expect(await table.get(item)).not.toBeNull()
    expect(await table.remove(item, 5)).toBe(true)
    expect(await table.get(item)).toBeNull()
    expect(await table.remove(item, 1)).toBe(true)
  })

  test('knows what is due, the earliest first, and forgets what no longer is', async () => {
    const table = get()
    const at = (sk: string, dueSk: string): Item => ({ pk: 'p9', sk, duePk: 'due', dueSk, revision: 1, record: {} })
    for (const item of [at('c', '2026-03'), at('a', '2026-02'), at('b', '2026-01'), at('d', '2026-09')])
      await table.put(item, null)
    const keys = (...sks: string[]) => sks.map((sk) => ({ pk: 'p9', sk }))
    expect(await table.due('due', '2026-03', 10)).toEqual(keys('b', 'a', 'c'))
    expect(await table.due('due', '2026-03', 2)).toEqual(keys('b', 'a'))
    await table.put({ pk: 'p9', sk: 'b', revision: 2, record: {} }, 1)
    await table.put({ ...at('a', '2026-08'), revision: 2 }, 1)
    expect(await table.due('due', '2026-03', 10)).toEqual(keys('c'))
  })
})
