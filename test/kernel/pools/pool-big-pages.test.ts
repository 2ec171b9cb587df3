import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BigPageLayout, bigPageLayouts } from '../../../shared/kernel/pools/pool-big-page-layout.ts'
import {
  type BigPageQuery,
  bigPagesBySymbol,
  findBigPages as search,
} from '../../../shared/kernel/pools/pool-big-pages.ts'
import { keyOfTag } from '../../../shared/kernel/pools/pool-tag.ts'
import type { VirtualMemory } from '../../../shared/memory/virtual-memory.ts'
import { concat, fakeMemory, randomBytes, seededRandom } from '../fake-memory.ts'

const kernelBase = (pointerBytes: 4 | 8) => (pointerBytes === 4 ? 0x80000000n : 0xfffff800_00000000n)
const variableOf = (layout: BigPageLayout) => kernelBase(layout.pointerBytes) + 0x500000n
const tableOf = (layout: BigPageLayout) => kernelBase(layout.pointerBytes) + 0x2000000n

/** Nothing is known but what a test says. */
const findBigPages = (memory: VirtualMemory, query: Partial<BigPageQuery> & { build: number }) =>
  search(memory, {
    variable: null,
    ranges: [],
    image: { address: 0n, length: 0 },
    pagedByAddress: () => null,
    ...query,
  })

type Entry = { readonly address: bigint; readonly key: number; readonly bytes: number; readonly pool?: number }

const tableBytes = (layout: BigPageLayout, entries: number, used: readonly Entry[], seed = 1): Uint8Array => {
  const bytes = new Uint8Array(entries * layout.entryBytes)
  const view = new DataView(bytes.buffer)
  const random = seededRandom(seed)
  const taken = new Set<number>()
  for (const { address, key, bytes: size, pool } of used) {
    let index = Math.floor(random() * entries)
    while (taken.has(index)) index = (index + 1) % entries
    taken.add(index)
    const at = index * layout.entryBytes
    if (layout.pointerBytes === 4) view.setUint32(at, Number(address), true)
    else view.setBigUint64(at, address, true)
    view.setUint32(at + layout.key, key, true)
    const value = size / layout.size.unit
    if (layout.pool !== null) view.setUint32(at + layout.pool.offset, ((pool ?? 0) << layout.pool.shift) >>> 0, true)
    if (layout.size.bytes === 4) view.setUint32(at + layout.size.offset, value, true)
    else view.setBigUint64(at + layout.size.offset, BigInt(value), true)
  }
  // Freed entries keep all but bit 0 of the address.
  for (let index = 0; index < entries; index += 37)
    if (!taken.has(index)) {
      view.setUint32(index * layout.entryBytes, 1, true)
      view.setUint32(index * layout.entryBytes + layout.key, keyOfTag('Free'), true)
    }
  return bytes
}

const someEntries = (layout: BigPageLayout, count: number): Entry[] =>
  Array.from({ length: count }, (_, index) => ({
    address: kernelBase(layout.pointerBytes) + 0x10000000n + BigInt(index) * 0x3000n,
    key: keyOfTag(index % 3 === 0 ? 'None' : 'MmCm'),
    bytes: 4096 * (1 + (index % 7)),
  }))

/** Data around the variable PoolTrackTable: junk, the variable, and the pair at some distance from it. */
const dataAround = (layout: BigPageLayout, words: readonly (readonly [distance: number, value: bigint])[]) => {
  const bytes = randomBytes(0x6000, 11)
  const view = new DataView(bytes.buffer)
  for (const [distance, value] of words)
    if (layout.pointerBytes === 4) view.setUint32(0x3000 + distance, Number(value), true)
    else view.setBigUint64(0x3000 + distance, value, true)
  return { address: variableOf(layout) - 0x3000n, bytes }
}

describe('the table of large allocations is found near PoolTrackTable', () => {
  for (const layout of bigPageLayouts)
    test(layout.name, async () => {
      const used = someEntries(layout, 300)
      const width = layout.pointerBytes
      const memory = fakeMemory(width, [
        dataAround(layout, [
          [-0x40, tableOf(layout)],
          [-0x40 + width, 8192n],
        ]),
        { address: tableOf(layout), bytes: tableBytes(layout, 8192, used) },
      ])
      const { table } = await findBigPages(memory, { build: layout.fromBuild, variable: variableOf(layout) })
      // x86 layouts since 2003 differ only in the size's unit, so the build decides between them.
      expect(table?.layout).toBe(layout)
      expect(table?.entries).toBe(8192)
      expect(table?.live).toBe(300)
      expect(table?.liveBytes).toBe(used.reduce((sum, { bytes }) => sum + bytes, 0))
      expect(table?.largest).toHaveLength(64)
      expect(table?.largest[0].bytes).toBe(7 * 4096)
    })

  const layout = bigPageLayouts[6]

  test('a small kernel\u2019s table of one page, with other data behind it', async () => {
    const small = bigPageLayouts.find(({ name }) => name === 'x86, 2003')!
    const bytes = concat(tableBytes(small, 0x100, someEntries(small, 100)), randomBytes(0x8000, 6))
    const memory = fakeMemory(4, [
      dataAround(small, [
        [-0x2388, tableOf(small)],
        [-0x237c, 0xffn],
        [-0x2378, 0x100n],
        [-0x2374, 0x800n],
      ]),
      { address: tableOf(small), bytes },
    ])
    const { table } = await findBigPages(memory, { build: 3790, variable: variableOf(small) })
    expect(table?.entries).toBe(0x100)
    expect(table?.live).toBe(100)
  })

  test('a size too large, and other tables nearby, are seen through', async () => {
    const bytes = concat(
      tableBytes(layout, 4096, someEntries(layout, 200)),
      randomBytes(4096 * layout.entryBytes * 3, 4),
    )
    const memory = fakeMemory(8, [
      dataAround(layout, [
        [0x1000, tableOf(layout)],
        [0x1008, 0x4000n],
        [0x1010, 0x1000n],
        [0x40, tableOf(layout) + 0x1000000n],
        [0x48, 0x1000n],
      ]),
      { address: tableOf(layout), bytes },
      { address: tableOf(layout) + 0x1000000n, bytes: randomBytes(4096 * layout.entryBytes, 8) },
    ])
    const { table } = await findBigPages(memory, { build: 19041, variable: variableOf(layout) })
    expect(table?.entries).toBe(4096)
    expect(table?.live).toBe(200)
  })

  test('a size whose start and end look right and whose middle does not', async () => {
    const bytes = concat(
      tableBytes(layout, 4096, someEntries(layout, 200)),
      randomBytes(4096 * layout.entryBytes * 2, 4),
      new Uint8Array(4096 * layout.entryBytes),
    )
    const memory = fakeMemory(8, [
      dataAround(layout, [
        [0x40, tableOf(layout)],
        [0x48, 0x4000n],
        [0x38, 0x1000n],
      ]),
      { address: tableOf(layout), bytes },
    ])
    const { table } = await findBigPages(memory, { build: 19041, variable: variableOf(layout) })
    expect(table?.entries).toBe(4096)
  })

  test('paged and non-paged are told apart by type, and by flags since 20348', async () => {
    const kinds = async (layout: BigPageLayout, build: number, pools: number[]) => {
      const used = pools.map((pool, index) => ({ ...someEntries(layout, index + 1)[index], pool }))
      const memory = fakeMemory(8, [{ address: tableOf(layout), bytes: tableBytes(layout, 4096, used) }])
      const known = { address: tableOf(layout), entries: 4096 }
      const { table } = await findBigPages(memory, { build, variable: null, known })
      return table?.largest.toSorted((a, b) => Number(a.address - b.address)).map(({ paged }) => paged)
    }
    expect(await kinds(bigPageLayouts[6], 19041, [0, 1, 0x200, 0x21, 0])).toEqual([false, true, false, true, false])
    expect(await kinds(bigPageLayouts[7], 26100, [0x40, 0x100, 0x80, 0, 0x140])).toEqual([
      false,
      true,
      false,
      null,
      null,
    ])
  })

  test('a protected tag is its plain tag', async () => {
    const used = someEntries(layout, 8).map((entry) => ({ ...entry, key: (keyOfTag('Thre') | 0x80000000) >>> 0 }))
    const memory = fakeMemory(8, [{ address: tableOf(layout), bytes: tableBytes(layout, 4096, used) }])
    const known = { address: tableOf(layout), entries: 4096 }
    const { table } = await findBigPages(memory, { build: 19041, variable: null, known })
    expect([...(table?.byKey.keys() ?? [])]).toEqual([keyOfTag('Thre')])
  })

  test('symbols name the variables of table and size', async () => {
    const pointers = new Uint8Array(16)
    new DataView(pointers.buffer).setBigUint64(0, tableOf(layout), true)
    new DataView(pointers.buffer).setBigUint64(8, 4096n, true)
    const memory = fakeMemory(8, [{ address: variableOf(layout), bytes: pointers }])
    expect(await bigPagesBySymbol(memory, variableOf(layout), variableOf(layout) + 8n)).toEqual({
      address: tableOf(layout),
      entries: 4096,
    })
    expect(await bigPagesBySymbol(memory, variableOf(layout), null)).toBeNull()
  })
})

describe('far from PoolTrackTable', () => {
  const layout = bigPageLayouts[4]
  const image = { address: kernelBase(8) + 0x400000n, length: 0x200000 }
  const dataOf = (...words: (readonly [distance: number, value: bigint])[]) => {
    const data = dataAround(layout, words)
    return { data, query: { build: 7601, image, ranges: [{ address: data.address, length: data.bytes.length }] } }
  }

  test('a pointer is enough, the entries tell how far the table goes', async () => {
    const { data, query } = dataOf([0x2f08, tableOf(layout)])
    const table = tableBytes(layout, 8192, someEntries(layout, 400))
    for (const follower of [new Uint8Array(0), new Uint8Array(1 << 17), randomBytes(1 << 17, 6), table]) {
      const memory = fakeMemory(8, [data, { address: tableOf(layout), bytes: concat(table, follower) }])
      const { table: found } = await findBigPages(memory, query)
      expect(found).toMatchObject({ live: 400, sizeKnown: false })
      expect(found?.liveBytes).toBe(someEntries(layout, 400).reduce((sum, { bytes }) => sum + bytes, 0))
    }
  })

  test('a handful of entries is too little to believe a mere pointer', async () => {
    const { data, query } = dataOf([0x2f08, tableOf(layout)])
    const bytes = tableBytes(layout, 4096, someEntries(layout, 9))
    const { table } = await findBigPages(fakeMemory(8, [data, { address: tableOf(layout), bytes }]), query)
    expect(table).toBeNull()
  })
})

test('where entries do not say, the address may tell paged from non-paged', async () => {
  const layout = bigPageLayouts[2]
  const used = someEntries(layout, 20)
  const limit = used[10].address
  const memory = fakeMemory(8, [{ address: tableOf(layout), bytes: tableBytes(layout, 4096, used) }])
  const { table } = await findBigPages(memory, {
    build: 3790,
    known: { address: tableOf(layout), entries: 4096 },
    pagedByAddress: (address) => (address < limit ? true : null),
  })
  expect(table?.largest.filter(({ paged }) => paged === true)).toHaveLength(10)
  expect(table?.byKey.get(keyOfTag('None'))).toMatchObject({
    paged: { blocks: 4 },
    nonPaged: { blocks: 0 },
    unknown: { blocks: 3 },
  })
})

test('what is not there is not found, with a reason', async () => {
  const layout = bigPageLayouts[6]
  const zeroes = { address: tableOf(layout), bytes: new Uint8Array(4096 * 24) }
  const pair: [number, bigint][] = [
    [0x40, tableOf(layout)],
    [0x48, 4096n],
  ]
  const empty = await findBigPages(fakeMemory(8, [dataAround(layout, pair), zeroes]), {
    build: 19041,
    variable: variableOf(layout),
  })
  expect(empty.reason).toMatch(/No pointer/)
  const nothing = await findBigPages(fakeMemory(8, []), { build: 19041, variable: variableOf(layout) })
  expect(nothing.table).toBeNull()
})

test('two different tables that both look right are not used', async () => {
  const layout = bigPageLayouts[6]
  const memory = fakeMemory(8, [
    dataAround(layout, [
      [0x40, tableOf(layout)],
      [0x48, 4096n],
      [0x240, tableOf(layout) + 0x1000000n],
      [0x248, 4096n],
    ]),
    { address: tableOf(layout), bytes: tableBytes(layout, 4096, someEntries(layout, 50)) },
    { address: tableOf(layout) + 0x1000000n, bytes: tableBytes(layout, 4096, someEntries(layout, 60)) },
  ])
  const { reason } = await findBigPages(memory, { build: 19041, variable: variableOf(layout) })
  expect(reason).toMatch(/2 different tables/)
})

test('data full of pairs that lead nowhere costs a bounded number of reads', async () => {
  const layout = bigPageLayouts[6]
  const words = Array.from({ length: 0x5000 / 8 }, (_, index): [number, bigint] => [
    index * 8 - 0x2800,
    index % 2 === 0 ? tableOf(layout) + BigInt(index) * 4096n : 0xff000n + BigInt(index & 0xf0) * 0x1000n,
  ])
  const memory = fakeMemory(8, [
    dataAround(layout, words),
    { address: tableOf(layout), bytes: new Uint8Array(1 << 22) },
  ])
  const { table } = await findBigPages(memory, { build: 19041, variable: variableOf(layout) })
  expect(table).toBeNull()
  expect(memory.reads).toBeLessThan(3 * 4096 + 1000)
})

test('any bytes end in a table or a reason', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 64, maxLength: 6000 }),
      fc.constantFrom(3790, 7601, 26100),
      async (bytes, build) => {
        const layout = bigPageLayouts[6]
        const memory = fakeMemory(8, [{ address: tableOf(layout), bytes }])
        const known = { address: tableOf(layout), entries: 4096 }
        const found = await findBigPages(memory, { build, variable: null, known })
        expect(found.table === null).toBe(found.reason !== null)
      },
    ),
    { numRuns: 60 },
  )
})

test('thousands of pointers into one table cost no more than a few readings of it', async () => {
  const layout = bigPageLayouts[6]
  // Each pointer leads 0x3000 bytes further, to what is the beginning of a table as well.
  const words = Array.from({ length: 0x5000 / 16 }, (_, index): [number, bigint] => [
    index * 16 - 0x2800,
    tableOf(layout) + BigInt(index % 250) * 0x3000n,
  ])
  const sizes = words.map(([place]): [number, bigint] => [place + 8, 0x2000n])
  const memory = fakeMemory(8, [
    dataAround(layout, [...words, ...sizes]),
    { address: tableOf(layout), bytes: tableBytes(layout, 2 ** 17, someEntries(layout, 2 ** 17)) },
  ])
  const { reason } = await findBigPages(memory, { build: 19041, variable: variableOf(layout) })
  expect(reason).toMatch(/2 different tables/)
  expect(memory.reads).toBeLessThan(100)
})
