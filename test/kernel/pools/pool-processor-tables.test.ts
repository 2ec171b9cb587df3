import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findProcessorTables, type ProcessorTableQuery } from '../../../shared/kernel/pools/pool-processor-tables.ts'
import { readTable } from '../../../shared/kernel/pools/pool-table.ts'
import { keyOfTag } from '../../../shared/kernel/pools/pool-tag.ts'
import { type TrackerLayout, trackerLayouts } from '../../../shared/kernel/pools/pool-tracker-layout.ts'
import { addTable, emptySums, totalsOf } from '../../../shared/kernel/pools/pool-tracker-sums.ts'
import { fakeMemory, type Region, randomBytes } from '../fake-memory.ts'
import { placeRows, type Row, someRows, trackerBytes } from './tracker-bytes.ts'

const x86 = trackerLayouts[0]
const x64 = trackerLayouts[3]
const slots = 512
const dataBytes = 0x8000

type World = {
  readonly layout: TrackerLayout
  /** What each word-aligned place of the kernel's data holds, as indexes into `tables`, addresses or null. */
  readonly words: readonly (readonly [place: number, address: bigint])[]
  readonly tables: readonly (readonly [address: bigint, rows: readonly (Row | null)[] | null])[]
  readonly processors: number | null
  readonly array?: bigint
}

const image = (layout: TrackerLayout) => (layout.pointerBytes === 4 ? 0xe0800000n : 0xfffff800_01000000n)
const pool = (layout: TrackerLayout, index: number, step = 0x10000n) =>
  (layout.pointerBytes === 4 ? 0x8a000000n : 0xfffffa80_00100000n) + BigInt(index) * step

const search = async ({ layout, words, tables, processors, array }: World) => {
  const data = randomBytes(dataBytes, 3)
  const view = new DataView(data.buffer)
  for (const [place, address] of words)
    if (layout.pointerBytes === 4) view.setUint32(place, Number(address), true)
    else view.setBigUint64(place, address, true)
  const regions: Region[] = [
    { address: image(layout) + 0x4000n, bytes: data },
    ...tables.flatMap(([address, rows]) => (rows === null ? [] : [{ address, bytes: trackerBytes(layout, rows) }])),
  ]
  const memory = fakeMemory(layout.pointerBytes, regions)
  const tracker = await readTable(memory, tables[0][0], layout.entryBytes, slots + 1)
  const query: ProcessorTableQuery = {
    tracker,
    variable: image(layout) + 0x4000n + 0x100n,
    processors,
    ranges: [{ address: image(layout) + 0x4000n, length: dataBytes }],
    image: { address: image(layout), length: 0x200000 },
    array: array ?? null,
  }
  return { ...(await findProcessorTables(memory, query)), memory, tracker }
}

const keys = someRows(120)
const share = (factor: number): (Row | null)[] =>
  placeRows(
    keys.map(({ key }, index) => ({ key, nonPaged: [factor * 3 + index, factor, factor * 16] })),
    slots,
  )
const array = (layout: TrackerLayout, at: number, addresses: readonly bigint[]) =>
  addresses.map((address, slot) => [at + slot * layout.pointerBytes, address] as const)

describe('the per-processor tables are found by their keys', () => {
  test('2003: PoolTrackTable is the first, zeroes follow the last', async () => {
    const addresses = [0, 1, 2, 3].map((index) => pool(x86, index))
    const { tables } = await search({
      layout: x86,
      processors: 4,
      words: [[0x100, addresses[0]], ...array(x86, 0x2340, [...addresses, 0n])],
      tables: addresses.map((address, index) => [address, share(index)]),
    })
    expect(tables).toEqual(addresses)
  })

  test('recent: every processor has its own, and PoolTrackTable is not among them', async () => {
    const addresses = [0, 1, 2, 3, 4].map((index) => pool(x64, index))
    const { tables } = await search({
      layout: x64,
      processors: 4,
      words: [[0x100, addresses[0]], ...array(x64, 0x108, [...addresses.slice(1), 0n])],
      tables: addresses.map((address, index) => [address, share(index)]),
    })
    expect(tables).toEqual(addresses.slice(1))
  })

  test.each([64, 130])('%i processors, each with its own, in an array of 2048 slots', async (processors) => {
    const addresses = Array.from({ length: processors + 1 }, (_, index) => pool(x64, index))
    const slotsAfter = Array.from({ length: 2048 - processors }, () => 0n)
    const { tables, absent } = await search({
      layout: x64,
      processors,
      words: [[0x100, addresses[0]], ...array(x64, 0x1008, [...addresses.slice(1), ...slotsAfter])],
      tables: addresses.map((address, index) => [address, share(index)]),
    })
    expect(tables).toEqual(addresses.slice(1))
    expect(absent).toBe(0)
  })

  test('PoolTrackTable holds the tags and nothing else, every processor its own counts', async () => {
    const addresses = [0, 1, 2, 3, 4].map((index) => pool(x64, index))
    const { tables, tracker, memory } = await search({
      layout: x64,
      processors: 4,
      words: [[0x100, addresses[0]], ...array(x64, 0x108, [...addresses.slice(1), 0n])],
      tables: addresses.map((address, index) => [
        address,
        index === 0
          ? placeRows(
              keys.map(({ key }) => ({ key })),
              slots,
            )
          : share(index),
      ]),
    })
    const sums = emptySums(tracker, x64, true)
    for (const address of tables) addTable(sums, await readTable(memory, address, x64.entryBytes, slots + 1))
    const factors = 1 + 2 + 3 + 4
    for (const { key, nonPaged } of totalsOf(sums)) {
      const index = keys.findIndex((row) => row.key === key)
      expect(nonPaged).toMatchObject({ allocations: factors * 3 + 4 * index, frees: factors, bytes: factors * 16 })
    }
    expect(totalsOf(sums)).toHaveLength(keys.length)
  })

  test('tables that do not start on a page', async () => {
    const addresses = [0, 1, 2].map((index) => pool(x64, index, 0x10010n))
    const { tables } = await search({
      layout: x64,
      processors: 2,
      words: [[0x100, addresses[0]], ...array(x64, 0x3000, [...addresses.slice(1), 0n])],
      tables: addresses.map((address, index) => [address, share(index)]),
    })
    expect(tables).toEqual(addresses.slice(1))
  })

  test('a processor that used only some tags', async () => {
    const addresses = [0, 1].map((index) => pool(x86, index))
    const sparse = share(1).map((row, index) => (index % 2 === 0 ? row : null))
    const { tables } = await search({
      layout: x86,
      processors: 2,
      words: array(x86, 0x2000, [...addresses, 0n]),
      tables: [
        [addresses[0], share(0)],
        [addresses[1], sparse],
      ],
    })
    expect(tables).toEqual(addresses)
  })

  test('the array may lie in two copies', async () => {
    const addresses = [0, 1, 2].map((index) => pool(x86, index))
    const { tables } = await search({
      layout: x86,
      processors: 3,
      words: [...array(x86, 0x1000, [...addresses, 0n]), ...array(x86, 0x5000, [...addresses, 0n])],
      tables: addresses.map((address, index) => [address, share(index)]),
    })
    expect(tables).toEqual(addresses)
  })

  test('a table that is not in the dump is counted as absent', async () => {
    const addresses = [0, 1, 2, 3].map((index) => pool(x86, index))
    const { tables, absent } = await search({
      layout: x86,
      processors: 4,
      words: array(x86, 0x2000, [...addresses, 0n]),
      tables: addresses.map((address, index) => [address, index === 2 ? null : share(index)]),
    })
    expect(tables).toHaveLength(3)
    expect(absent).toBe(1)
  })

  test('by ExPoolTagTables, where symbols name it', async () => {
    const addresses = [0, 1, 2].map((index) => pool(x64, index))
    const { tables, note } = await search({
      layout: x64,
      processors: 2,
      words: array(x64, 0x3000, [...addresses.slice(1), 0n]),
      tables: addresses.map((address, index) => [address, share(index)]),
      array: image(x64) + 0x7000n,
    })
    expect(tables).toEqual(addresses.slice(1))
    expect(note).toContain('ExPoolTagTables')
  })
})

describe('what is no such array is not used', () => {
  const tracker = pool(x86, 0)
  const foreign = placeRows(someRows(120, 77), slots)

  test('pointers to PoolTrackTable alone', async () => {
    const { found, tables } = await search({
      layout: x86,
      processors: 4,
      words: [
        [0x100, tracker],
        [0x900, tracker],
      ],
      tables: [[tracker, share(0)]],
    })
    expect(found).toBe(false)
    expect(tables).toEqual([])
  })

  test('tables with other keys', async () => {
    const { found } = await search({
      layout: x86,
      processors: 2,
      words: array(x86, 0x2000, [pool(x86, 1), pool(x86, 2)]),
      tables: [
        [tracker, share(0)],
        [pool(x86, 1), foreign],
        [pool(x86, 2), foreign],
      ],
    })
    expect(found).toBe(false)
  })

  test('two different sequences', async () => {
    const addresses = [1, 2, 3, 4].map((index) => pool(x86, index))
    const { found, note } = await search({
      layout: x86,
      processors: 2,
      words: [
        ...array(x86, 0x2000, [...addresses.slice(0, 2), 0n]),
        ...array(x86, 0x4000, [...addresses.slice(2), 0n]),
      ],
      tables: [[tracker, share(0)], ...addresses.map((address) => [address, share(1)] as const)],
    })
    expect(found).toBe(false)
    expect(note).toMatch(/two different/)
  })

  test('data full of plausible pointers costs a bounded number of reads', async () => {
    const words = Array.from(
      { length: dataBytes / 4 },
      (_, index) => [index * 4, 0x8b000000n + BigInt(index) * 4096n] as const,
    )
    const { found, memory } = await search({ layout: x86, processors: 64, words, tables: [[tracker, share(0)]] })
    expect(found).toBe(false)
    expect(memory.reads).toBeLessThan(2 * 4096 * 25)
  })
})

describe('sums over the tables', () => {
  const layouts = [trackerLayouts[0], trackerLayouts[1], trackerLayouts[3]]
  for (const layout of layouts)
    test(`wrap around and come out signed: ${layout.name}`, async () => {
      const none = keyOfTag('None')
      const tables: (Row | null)[][] = [
        [{ key: none, nonPaged: [250_000, 1_000, 60_000_000], paged: [1, 5, -160] }, null, null],
        [{ key: none, nonPaged: [10, 2_531, -9_172_576], paged: [9, 0, 480] }, null, null],
        [{ key: none, nonPaged: [0, 0, 0], paged: [0, 0, 0] }, null, null],
      ]
      const regions = tables.map((rows, index) => ({ address: pool(layout, index), bytes: trackerBytes(layout, rows) }))
      const memory = fakeMemory(layout.pointerBytes, regions)
      const read = await Promise.all(regions.map(({ address }) => readTable(memory, address, layout.entryBytes, 3)))
      const sums = emptySums(read[0], layout, true)
      for (const table of read) expect(addTable(sums, table)).toEqual({ absent: 0, foreign: 0 })
      expect(totalsOf(sums)).toEqual([
        {
          key: none,
          nonPaged: { allocations: 250_010, frees: 3_531, outstanding: 246_479, bytes: 50_827_424, clamped: 0 },
          paged: { allocations: 10, frees: 5, outstanding: 5, bytes: 320, clamped: 0 },
        },
      ])
    })

  test('32-bit counts that wrapped on a long-running server still give their difference', async () => {
    const bytes = trackerBytes(x86, [{ key: keyOfTag('Long'), nonPaged: [2 ** 32 + 5, 2 ** 32 - 3, 64] }, null])
    const memory = fakeMemory(4, [{ address: pool(x86, 0), bytes }])
    const table = await readTable(memory, pool(x86, 0), x86.entryBytes, 2)
    const sums = emptySums(table, x86, true)
    addTable(sums, table)
    expect(totalsOf(sums)[0].nonPaged).toMatchObject({ allocations: 5, frees: 2 ** 32 - 3, outstanding: 8 })
  })

  test('what is below zero is set to zero and told', async () => {
    const bytes = trackerBytes(x86, [{ key: keyOfTag('Gone'), nonPaged: [5, 9, -128] }, null])
    const memory = fakeMemory(4, [{ address: pool(x86, 0), bytes }])
    const table = await readTable(memory, pool(x86, 0), x86.entryBytes, 2)
    const sums = emptySums(table, x86, true)
    addTable(sums, table)
    expect(totalsOf(sums)[0].nonPaged).toMatchObject({ outstanding: 0, bytes: 0, clamped: 128 })
  })

  test('the overflow row counts as Ovfl though it has no key, absent and foreign rows are told', async () => {
    const a = keyOfTag('Aaaa')
    const rows: (Row | null)[] = [
      { key: a, nonPaged: [1, 0, 8] },
      { key: keyOfTag('Bbbb') },
      { key: 0, nonPaged: [4, 1, 96] },
    ]
    const memory = fakeMemory(4, [
      { address: pool(x86, 0), bytes: trackerBytes(x86, rows) },
      { address: pool(x86, 1), bytes: trackerBytes(x86, [{ key: keyOfTag('Cccc'), nonPaged: [1, 0, 8] }]) },
    ])
    const [first, second] = await Promise.all(
      [0, 1].map((index) => readTable(memory, pool(x86, index), x86.entryBytes, 3)),
    )
    const sums = emptySums(first, x86, true)
    addTable(sums, first)
    expect(addTable(sums, second)).toEqual({ absent: 2, foreign: 1 })
    expect(totalsOf(sums).map(({ key, nonPaged }) => [key, nonPaged.bytes])).toEqual([
      [a, 8],
      [keyOfTag('Ovfl'), 96],
    ])
  })

  test('counters without a key are left out and told', async () => {
    const a = keyOfTag('Aaaa')
    const [main, torn] = [
      { key: a, nonPaged: [1, 0, 8] },
      { key: 0, nonPaged: [7, 0, 56] },
    ] as Row[]
    const memory = fakeMemory(4, [
      { address: pool(x86, 0), bytes: trackerBytes(x86, [main, null, null]) },
      { address: pool(x86, 1), bytes: trackerBytes(x86, [torn, null, null]) },
    ])
    const [first, second] = await Promise.all(
      [0, 1].map((index) => readTable(memory, pool(x86, index), x86.entryBytes, 3)),
    )
    const sums = emptySums(first, x86, true)
    addTable(sums, first)
    expect(addTable(sums, second)).toEqual({ absent: 0, foreign: 1 })
    expect(totalsOf(sums).map(({ nonPaged }) => nonPaged.bytes)).toEqual([8])
  })

  test('however the shares are spread, the sum is the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5000), fc.nat(5000), fc.integer({ min: -1_000_000, max: 1_000_000 })), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.constantFrom(trackerLayouts[0], trackerLayouts[5]),
        (shares, layout) => {
          const tables = shares.map(([allocations, frees, bytes]) =>
            trackerBytes(layout, [{ key: keyOfTag('Tag1'), nonPaged: [allocations, frees, bytes] }, null]),
          )
          const read = tables.map((bytes) => ({
            address: 0n,
            entryBytes: layout.entryBytes,
            entries: 2,
            view: new DataView(bytes.buffer),
            present: new Uint8Array(2).fill(1),
            readBytes: bytes.length,
          }))
          const sums = emptySums(read[0], layout, true)
          for (const table of read) addTable(sums, table)
          const total = (index: 0 | 1 | 2) => shares.reduce((sum, share) => sum + share[index], 0)
          const found = totalsOf(sums).at(0)?.nonPaged ?? { outstanding: 0, bytes: 0 }
          expect(found.outstanding).toBe(Math.max(0, total(0) - total(1)))
          expect(found.bytes).toBe(Math.max(0, total(2)))
        },
      ),
    )
  })
})

test('a million pointers, to the tracker and to what is none, are not all asked about', async () => {
  const address = pool(x64, 0)
  const words = new BigUint64Array(2 ** 20 + 2 ** 12).map((_, index) => (index % 2 === 0 ? address : pool(x64, 1)))
  const start = image(x64) + 0x4000n
  const memory = fakeMemory(8, [
    { address: start, bytes: new Uint8Array(words.buffer) },
    { address, bytes: trackerBytes(x64, share(1)) },
    { address: pool(x64, 1), bytes: randomBytes(0x10000, 5) },
  ])
  const { found, note } = await findProcessorTables(memory, {
    tracker: await readTable(memory, address, x64.entryBytes, slots + 1),
    variable: null,
    processors: 2,
    ranges: [{ address: start, length: words.byteLength }],
    image: { address: image(x64), length: 0x200000 },
  })
  expect(found).toBe(false)
  expect(note).toContain('too many pointers')
})
