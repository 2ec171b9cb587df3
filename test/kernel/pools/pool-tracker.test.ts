import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyOfTag, overflowKey } from '../../../shared/kernel/pools/pool-tag.ts'
import { findTracker } from '../../../shared/kernel/pools/pool-tracker.ts'
import { trackerLayouts, trackerLayoutsFor } from '../../../shared/kernel/pools/pool-tracker-layout.ts'
import { concat, fakeMemory, type Region, randomBytes } from '../fake-memory.ts'
import { hashOf, placeRows, type Row, someRows, trackerBytes } from './tracker-bytes.ts'

const addressFor = (pointerBytes: 4 | 8): bigint => (pointerBytes === 4 ? 0x8a3c0000n : 0xfffffa80_00c00000n)

/** A hash nobody published: what tables of later builds look like to us. */
const unknownHash = (key: number, mask: number): number => (Math.imul(key ^ (key >>> 13), 0x5bd1e995) >>> 7) & mask

const oldX86 = trackerLayouts[0]
const oldX64 = trackerLayouts[1]
const newX64 = trackerLayouts[3]
const newestX64 = trackerLayouts[5]

const find = (regions: readonly Region[], build: number, pointerBytes: 4 | 8, entries?: number) =>
  findTracker(fakeMemory(pointerBytes, regions), { address: addressFor(pointerBytes), build, entries })

describe('the tracker is found and sized without symbols', () => {
  for (const layout of trackerLayouts)
    for (const [name, hash] of [
      ['by the known hash', hashOf],
      ['with a hash unknown to us', unknownHash],
    ] as const)
      test(`${layout.name}, ${name}, with nothing else mapped`, async () => {
        const bytes = trackerBytes(layout, placeRows(someRows(700), 2048, hash))
        const { tracker } = await find(
          [{ address: addressFor(layout.pointerBytes), bytes }],
          layout.fromBuild,
          layout.pointerBytes,
        )
        expect(tracker?.layout).toBe(layout)
        expect(tracker?.table.entries).toBe(2049)
        expect(tracker?.sizedBy).toBe(hash === hashOf ? 'hash' : 'shape')
      })

  test('in every likely size', async () => {
    for (const exponent of [8, 10, 12, 14]) {
      const bytes = trackerBytes(oldX64, placeRows(someRows(2 ** exponent / 4), 2 ** exponent, unknownHash))
      const { tracker } = await find([{ address: addressFor(8), bytes }], 7601, 8)
      expect(tracker?.table.entries).toBe(2 ** exponent + 1)
    }
  })

  test('on a build whose number promises another layout', async () => {
    const bytes = trackerBytes(newestX64, placeRows(someRows(900), 4096, unknownHash))
    const { tracker } = await find([{ address: addressFor(8), bytes }], 20348, 8)
    expect(trackerLayoutsFor(20348, 8)[0]).toBe(newX64)
    expect(tracker?.layout).toBe(newestX64)
  })
})

/** Limits and pointers to more of them, in the entries that have room for them (reference 8.4). */
const withLimits = (bytes: Uint8Array): Uint8Array => {
  const limited = Uint8Array.from(bytes)
  const view = new DataView(limited.buffer)
  for (let at = 0; at < limited.length; at += newestX64.entryBytes) {
    if (view.getUint32(at, true) === 0) continue
    view.setBigInt64(at + 0x38, 0x7fffffffffffffffn, true)
    view.setBigInt64(at + 0x40, -1n, true)
    view.setBigUint64(at + 0x48, 0xfffffa80_12345670n, true)
  }
  return limited
}

test.each([20348, 22000, 26100])('build %i: the rows say how large they are', async (build) => {
  for (const layout of [newX64, newestX64])
    for (const hash of [hashOf, unknownHash]) {
      const plain = trackerBytes(layout, placeRows(someRows(900), 4096, hash))
      const bytes = layout === newestX64 ? withLimits(plain) : plain
      const { tracker } = await find([{ address: addressFor(8), bytes }], build, 8)
      expect(tracker?.layout).toBe(layout)
      expect(tracker?.table.entries).toBe(4097)
    }
})

describe('what follows the table is not taken for it', () => {
  const table = (hash: typeof hashOf) => trackerBytes(oldX86, placeRows(someRows(600), 2048, hash))
  const other = (hash: typeof hashOf) =>
    trackerBytes(
      oldX86,
      placeRows(
        someRows(600).map((row): Row => ({ ...row, nonPaged: [7, 5, 64] })),
        2048,
        hash,
      ),
    )
  const padding = new Uint8Array(4096 - ((2049 * oldX86.entryBytes) % 4096))
  const followers: [string, (hash: typeof hashOf) => Uint8Array][] = [
    ['zeroes', () => new Uint8Array(1 << 20)],
    ['random bytes', () => randomBytes(1 << 18, 5)],
    ['text', () => new TextEncoder().encode('The quick brown fox jumps over the lazy dog. '.repeat(4000))],
    ['another processor\u2019s table, at the next page', (hash) => concat(padding, other(hash))],
    ['another processor\u2019s table, at once', other],
  ]
  for (const [name, follower] of followers)
    for (const hash of [hashOf, unknownHash])
      test(`${name}, ${hash === hashOf ? 'known' : 'unknown'} hash`, async () => {
        const bytes = concat(table(hash), follower(hash))
        const { tracker } = await find([{ address: addressFor(4), bytes }], 3790, 4)
        expect(tracker?.table.entries).toBe(2049)
      })
})

test('a table with few tags is not taken for one of twice the size', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const bytes = concat(trackerBytes(oldX86, placeRows(someRows(26, seed), 256)), new Uint8Array(1 << 16))
    expect((await find([{ address: addressFor(4), bytes }], 3790, 4)).tracker?.table.entries).toBe(257)
  }
})

test('a named overflow bucket is no reason to look further', async () => {
  const rows = placeRows(someRows(300), 512, unknownHash)
  rows[512] = { key: overflowKey, nonPaged: [10, 4, 480] }
  const { tracker } = await find([{ address: addressFor(8), bytes: trackerBytes(oldX64, rows) }], 9600, 8)
  expect(tracker?.table.entries).toBe(513)
  expect(tracker?.evidence).toContain('Ovfl')
})

test('a table cut off before its end is used as far as it goes, and said to be so', async () => {
  const seed = Array.from({ length: 20 }, (_, index) => index).find(
    (candidate) => placeRows(someRows(2000, candidate), 4096, unknownHash)[2048] !== null,
  )
  const rows = placeRows(someRows(2000, seed), 4096, unknownHash).slice(0, 3000)
  const { tracker } = await find([{ address: addressFor(8), bytes: trackerBytes(oldX64, rows) }], 9600, 8)
  expect(tracker?.sizedBy).toBe('at-least')
  expect(tracker?.table.entries).toBe(2049)
})

test('half a table, the rest absent, is sized by the hash all the same', async () => {
  const bytes = trackerBytes(oldX86, placeRows(someRows(900), 2048)).subarray(0, 1200 * oldX86.entryBytes)
  const { tracker } = await find([{ address: addressFor(4), bytes }], 3790, 4)
  expect(tracker?.table.entries).toBe(2049)
  expect(tracker?.table.present.filter((present) => present === 0)).toHaveLength(849)
})

test('a size given by symbols is used when the rows bear it out', async () => {
  const bytes = trackerBytes(oldX64, placeRows(someRows(300), 1000 + 24, unknownHash))
  const given = await find([{ address: addressFor(8), bytes }], 7601, 8, 1025)
  expect(given.tracker?.sizedBy).toBe('symbol')
  const wrong = await find([{ address: addressFor(8), bytes }], 7601, 8, 90_000)
  expect(wrong.tracker?.table.entries).toBe(1025)
  expect(wrong.tracker?.sizedBy).toBe('shape')
})

describe('no table is no table', () => {
  const nothing: [string, Uint8Array][] = [
    ['zeroes', new Uint8Array(1 << 20)],
    ['random bytes', randomBytes(1 << 20, 9)],
    ['text', new TextEncoder().encode('Copyright (c) Some Company 1997. '.repeat(20_000))],
    ['one row over and over', concat(...Array.from({ length: 4097 }, () => trackerBytes(oldX64, [someRows(1)[0]])))],
  ]
  for (const [name, bytes] of nothing)
    test(name, async () => {
      const { tracker, reason } = await find([{ address: addressFor(8), bytes }], 7601, 8)
      expect(tracker).toBeNull()
      expect(reason).toMatch(/layout/)
    })

  test('an unmapped table says that it is not in the dump', async () => {
    expect((await find([], 7601, 8)).reason).toMatch(/not in the dump/)
  })

  test('an empty variable says that tagging is off', async () => {
    const { reason } = await findTracker(fakeMemory(4, []), { address: 0n, build: 2600 })
    expect(reason).toMatch(/tagging is off/)
  })

  test('a pointer into user space is refused', async () => {
    const { reason } = await findTracker(fakeMemory(8, []), { address: 0x7fff0000n, build: 7601 })
    expect(reason).toMatch(/no kernel table/)
  })
})

test('any bytes end in a table or a reason, within bounded reads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 20_000 }),
      fc.constantFrom(2600, 3790, 6001, 9600, 16299, 22000, 26100),
      fc.constantFrom<4 | 8>(4, 8),
      async (bytes, build, pointerBytes) => {
        const memory = fakeMemory(pointerBytes, [{ address: addressFor(pointerBytes), bytes }])
        const found = await findTracker(memory, { address: addressFor(pointerBytes), build })
        expect(found.tracker === null).toBe(found.reason !== null)
        expect(memory.reads).toBeLessThan(16)
      },
    ),
    { numRuns: 60 },
  )
})

test('whatever lies around it, a table is taken as it is, or as part of itself', async () => {
  const page = 4096
  const neighbours: Record<string, (layout: typeof oldX86, own: Uint8Array, seed: number) => Uint8Array> = {
    nothing: () => new Uint8Array(0),
    zeroes: () => new Uint8Array(32 * page),
    garbage: (_layout, _own, seed) => randomBytes(32 * page, seed),
    'another processor\u2019s table': (_layout, own) => own,
    'a table of other rows': (layout, _own, seed) =>
      trackerBytes(layout === oldX64 ? newX64 : oldX64, placeRows(someRows(300, seed), 1024)),
  }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...trackerLayouts),
      fc.integer({ min: 8, max: 11 }),
      fc.integer({ min: 25, max: 75 }),
      fc.constantFrom(...Object.keys(neighbours)),
      fc.constantFrom(hashOf, unknownHash),
      fc.integer({ min: 2, max: 1000 }),
      async (layout, exponent, percentUsed, neighbour, hash, seed) => {
        const slots = 2 ** exponent
        const table = trackerBytes(
          layout,
          placeRows(someRows(Math.floor((slots * percentUsed) / 100), seed), slots, hash),
        )
        const pages = new Uint8Array(Math.ceil(table.length / page) * page)
        pages.set(table)
        const after = neighbours[neighbour](layout, pages, seed + 1)
        const { tracker } = await find(
          [{ address: addressFor(layout.pointerBytes), bytes: concat(pages, after) }],
          layout.fromBuild,
          layout.pointerBytes,
        )
        expect(tracker?.layout).toBe(layout)
        if (tracker?.sizedBy === 'at-least') expect(tracker.table.entries).toBeLessThanOrEqual(slots + 1)
        else expect(tracker?.table.entries).toBe(slots + 1)
      },
    ),
    { numRuns: 60 },
  )
})

test('a valid table with a damaged byte anywhere still ends in a table or a reason', async () => {
  const whole = trackerBytes(oldX64, placeRows([...someRows(200), { key: keyOfTag('None') }], 512))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 200 }), async (damage) => {
      const bytes = whole.slice()
      for (const [at, value] of damage) bytes[at] = value
      const { tracker } = await find([{ address: addressFor(8), bytes }], 7601, 8)
      if (tracker !== null) expect(tracker.table.entries).toBeLessThanOrEqual(513)
    }),
    { numRuns: 40 },
  )
})
