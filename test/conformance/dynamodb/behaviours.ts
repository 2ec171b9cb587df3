import { expect, vi } from 'vitest'
import type { Item, Table } from '../../../shared/cases/table.ts'
import type { Behaviour } from '../place.ts'
import type { OpenTable } from './places.ts'

const behaviour = (name: string, holds: (table: Table) => Promise<void>): Behaviour<OpenTable> => ({
  name,
  holds: ({ table }) => holds(table),
})

/** What is read from an index may lag by moments; where it does not, the first look is the only one. */
const soon = { timeout: 20_000, interval: 200 }

export const dynamoBehaviours: readonly Behaviour<OpenTable>[] = [
  behaviour('writes a new item once, and keeps what is null or nested', async (table) => {
    const item: Item = { pk: 'p1', sk: 'a', revision: 1, record: { text: 'x', none: null, deep: { list: [1, 'two'] } } }
    expect(await table.get(item)).toBeNull()
    expect(await table.put(item, null)).toBe(true)
    expect(await table.put({ ...item, record: {} }, null)).toBe(false)
    expect(await table.get({ pk: 'p1', sk: 'a' })).toEqual(item)
  }),
  behaviour('replaces an item only at the revision that was read', async (table) => {
    const item: Item = { pk: 'p2', sk: 'a', revision: 1, record: { n: 1 } }
    expect(await table.put({ ...item, revision: 2 }, 1)).toBe(false)
    await table.put(item, null)
    expect(await table.put({ ...item, revision: 2, record: { n: 2 } }, 1)).toBe(true)
    expect(await table.put({ ...item, revision: 2, record: { n: 3 } }, 1)).toBe(false)
    expect((await table.get(item))?.record).toEqual({ n: 2 })
  }),
  behaviour('lets one of many writers at once win', async (table) => {
    await table.put({ pk: 'p3', sk: 'a', revision: 1, record: {} }, null)
    const writers = Array.from({ length: 10 }, (_, n) =>
      table.put({ pk: 'p3', sk: 'a', revision: 2, record: { n } }, 1),
    )
    expect((await Promise.all(writers)).filter(Boolean)).toHaveLength(1)
  }),
  behaviour('reads a partition whole and in order, more than one page of it', async (table) => {
    // 1.5 MB; DynamoDB pages at 1 MB.
    for (const sk of ['c', 'a', 'e', 'b', 'd'])
      await table.put({ pk: 'p4', sk, revision: 1, record: { sk, filler: 'x'.repeat(300_000) } }, null)
    await table.put({ pk: 'p4 other', sk: 'z', revision: 1, record: {} }, null)
    expect((await table.query('p4')).map(({ sk }) => sk)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await table.query('p5')).toEqual([])
  }),
  behaviour('reads the part of a partition whose keys begin alike', async (table) => {
    for (const sk of ['shard#1#0000', 'shard#1#0001', 'shard#10#0000', 'shard', 'stage#1'])
      await table.put({ pk: 'p6', sk, revision: 1, record: {} }, null)
    expect((await table.query('p6', 'shard#1#')).map(({ sk }) => sk)).toEqual(['shard#1#0000', 'shard#1#0001'])
    expect(await table.query('p6', 'shard#2#')).toEqual([])
  }),
  behaviour('lists from either end, page by page, only what is listed', async (table) => {
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
    await vi.waitFor(
      async () => expect((await table.list('cases', null, 2)).map(({ pk }) => pk)).toEqual(['case 3', 'case 2']),
      soon,
    )
    await vi.waitFor(
      async () => expect((await table.list('cases', '2', 2)).map(({ pk }) => pk)).toEqual(['case 1']),
      soon,
    )
    const up = async (above: string | null) => (await table.listUp('cases', above, 2)).map(({ pk }) => pk)
    await vi.waitFor(async () => expect(await up(null)).toEqual(['case 1', 'case 2']), soon)
    await vi.waitFor(async () => expect(await up('2')).toEqual(['case 3']), soon)
  }),
  behaviour('pages through a partition from the highest sort key down', async (table) => {
    for (const sk of ['a', 'c', 'b', 'e', 'd']) await table.put({ pk: 'p12', sk, revision: 1, record: null }, null)
    const page = async (below: string | null, limit: number) =>
      (await table.page('p12', below, limit)).map(({ sk }) => sk)
    expect(await page(null, 2)).toEqual(['e', 'd'])
    expect(await page('d', 2)).toEqual(['c', 'b'])
    expect(await page('b', 2)).toEqual(['a'])
    expect(await page('a', 2)).toEqual([])
  }),
  behaviour('fills a page of large items to its limit', async (table) => {
    for (const sk of ['a', 'b', 'c', 'd', 'e'])
      await table.put({ pk: 'p7', sk, revision: 1, record: 'x'.repeat(300_000) }, null)
    expect(await table.page('p7', null, 5)).toHaveLength(5)
  }),
  behaviour('reads many items at once, and leaves out those that are not there', async (table) => {
    const keys = Array.from({ length: 100 }, (_, n) => ({ pk: `p8 ${n}`, sk: 'a' }))
    for (const key of keys.slice(0, 90)) await table.put({ ...key, revision: 1, record: { of: key.pk } }, null)
    const items = await table.getMany(keys)
    expect(items).toHaveLength(90)
    expect(items.every(({ pk, record }) => (record as { of: string }).of === pk)).toBe(true)
    expect(await table.getMany([])).toEqual([])
  }),
  behaviour('raises an item to a later revision only, and removes none later than was said', async (table) => {
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
  }),
  behaviour('knows what is due, the earliest first, and forgets what no longer is', async (table) => {
    const at = (sk: string, dueSk: string): Item => ({ pk: 'p9', sk, duePk: 'due', dueSk, revision: 1, record: {} })
    for (const item of [at('c', '2026-03'), at('a', '2026-02'), at('b', '2026-01'), at('d', '2026-09')])
      await table.put(item, null)
    const keys = (...sks: string[]) => sks.map((sk) => ({ pk: 'p9', sk }))
    await vi.waitFor(async () => expect(await table.due('due', '2026-03', 10)).toEqual(keys('b', 'a', 'c')), soon)
    await vi.waitFor(async () => expect(await table.due('due', '2026-03', 2)).toEqual(keys('b', 'a')), soon)
    await table.put({ pk: 'p9', sk: 'b', revision: 2, record: {} }, 1)
    await table.put({ ...at('a', '2026-08'), revision: 2 }, 1)
    await vi.waitFor(async () => expect(await table.due('due', '2026-03', 10)).toEqual(keys('c')), soon)
  }),
  behaviour('refuses an item of more than 400 KB, and leaves the one that is there', async (table) => {
    const item: Item = { pk: 'p11', sk: 'a', revision: 1, record: 'small' }
    await table.put(item, null)
    const larger = table.put({ ...item, revision: 2, record: 'x'.repeat(410_000) }, 1)
    await expect(larger).rejects.toMatchObject({ name: 'ValidationException' })
    expect(await table.get(item)).toEqual(item)
  }),
  behaviour('takes no more than a hundred keys at once', async (table) => {
    const keys = Array.from({ length: 101 }, (_, n) => ({ pk: `p13 ${n}`, sk: 'a' }))
    await expect(table.getMany(keys)).rejects.toThrow()
  }),
  behaviour('reads at once what is more than one answer holds', async (table) => {
    // 18 MB; DynamoDB answers a batch with 16 MB and the keys that are left.
    const keys = Array.from({ length: 50 }, (_, n) => ({ pk: `p14 ${n}`, sk: 'a' }))
    for (const key of keys) await table.put({ ...key, revision: 1, record: 'x'.repeat(360_000) }, null)
    expect((await table.getMany(keys)).map(({ pk }) => pk).sort()).toEqual(keys.map(({ pk }) => pk).sort())
  }),
  behaviour('keeps numbers, empty texts and letters of any script as they are', async (table) => {
    const record = { most: Number.MAX_SAFE_INTEGER, part: 0.1, none: '', text: 'größe 😀', list: [], map: {} }
    const item: Item = { pk: 'p15', sk: 'ü#😀', revision: 1, record }
    await table.put(item, null)
    expect(await table.query('p15')).toEqual([item])
  }),
  behaviour('lists what is more than a page of the index', async (table) => {
    const listed = (n: number): Item => ({
      ...{ pk: `p16 ${n}`, sk: 'case', listPk: 'large cases', listSk: `${n}` },
      ...{ revision: 1, record: 'x'.repeat(300_000) },
    })
    for (const n of [1, 2, 3, 4, 5]) await table.put(listed(n), null)
    await vi.waitFor(
      async () =>
        expect((await table.list('large cases', null, 5)).map(({ listSk }) => listSk)).toEqual([
          '5',
          '4',
          '3',
          '2',
          '1',
        ]),
      soon,
    )
  }),
]
