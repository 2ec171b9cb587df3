import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { poolHeaderFormat } from '../../shared/kernel/pools/pool-header.ts'
import { keyOfTag, tagOfKey } from '../../shared/kernel/pools/pool-tag.ts'
import { chainedPageScanner, scatteredScanner } from '../../shared/pool/scan-page.ts'
import { tagCounts } from '../../shared/pool/tag-counts.ts'
import { randomBytes, seededRandom } from '../kernel/fake-memory.ts'
import { type Block, poolPage, wordsOf } from './pool-pages.ts'

const on2003 = poolHeaderFormat(3790, 4)
const on7 = poolHeaderFormat(7601, 8)
const on11 = poolHeaderFormat(26100, 8)

const scan = (format: typeof on7, ...pages: Uint8Array[]) => {
  const counts = tagCounts()
  const scanner = chainedPageScanner(format, counts, null)
  const words = wordsOf(...pages)
  const passed = pages.map((_, index) => scanner.scan(words, index * 1024))
  return { passed, ...counts.result() }
}

describe('pool pages are counted block by block', () => {
  test('Server 2003, x86: 5 is non-paged, 6 paged, quota on top, look-aside and free blocks aside', () => {
    const page = poolPage(on2003, [
      { tag: 'None', bytes: 208, type: 5 },
      { tag: 'None', bytes: 64, type: 0x0d },
      { tag: 'Gone', bytes: 128, type: 1 },
      { tag: 'Ntfx', bytes: 512, type: 6, index: 3 },
      { tag: 'Gone', bytes: 256, type: 0 },
    ])
    const { tags, passed } = scan(on2003, page)
    expect(passed).toEqual([true])
    expect(tags).toEqual([
      { key: keyOfTag('Ntfx'), nonPaged: { blocks: 0, bytes: 0 }, paged: { blocks: 1, bytes: 512 } },
      { key: keyOfTag('None'), nonPaged: { blocks: 2, bytes: 272 }, paged: { blocks: 0, bytes: 0 } },
    ])
  })

  test('Vista and later, x64: even is non-paged, odd paged, protected tags are plain', () => {
    const page = poolPage(on7, [
      { tag: (keyOfTag('Thre') | 0x80000000) >>> 0, bytes: 1264, type: 2 },
      { tag: 'CM31', bytes: 160, type: 3, index: 1 },
      { tag: 'File', bytes: 336, type: 0x0a },
    ])
    const { tags, blocks } = scan(on7, page)
    expect(blocks).toBe(3)
    expect(tags.map(({ key, nonPaged, paged }) => [tagOfKey(key), nonPaged.bytes, paged.bytes])).toEqual([
      ['Thre', 1264, 0],
      ['File', 336, 0],
      ['CM31', 0, 160],
    ])
  })

  test('a page full of one driver\u2019s unprintable tag counts, its sizes agreeing', () => {
    const blocks: Block[] = Array.from({ length: 20 }, () => ({ tag: 1, bytes: 160, type: 2 }))
    const { tags } = scan(on7, poolPage(on7, blocks))
    expect(tagOfKey(tags[0].key)).toBe('\\x01\\x00\\x00\\x00')
    expect(tags[0].nonPaged.blocks).toBe(20)
  })

  test('a page of two blocks needs printable tags, and one whose sizes disagree small pool indexes', () => {
    const two = (tag: string | number) => poolPage(on7, [{ tag, bytes: 2048, type: 2 }])
    expect(scan(on7, two('LeaK'), two(1)).passed).toEqual([true, false])
    const many = (index: number) =>
      poolPage(
        on7,
        Array.from({ length: 10 }, () => ({ tag: 'LeaK', bytes: 160, type: 2, index })),
        false,
      )
    expect(scan(on7, many(4), many(0x41)).passed).toEqual([true, false])
  })

  test('PreviousSize need not agree on current builds, and must before Vista', () => {
    const blocks = (type: number): Block[] => Array.from({ length: 10 }, () => ({ tag: 'LeaK', bytes: 160, type }))
    expect(scan(on7, poolPage(on7, blocks(2), false)).blocks).toBe(10)
    expect(scan(on2003, poolPage(on2003, blocks(5), false)).blocks).toBe(0)
    expect(scan(on2003, poolPage(on2003, blocks(5), true)).blocks).toBe(10)
  })

  test('a chain that is broken, runs over the page or holds nothing allocated is no pool page', () => {
    const broken = poolPage(on7, [{ tag: 'Good', bytes: 256, type: 2 }])
    broken[256 + 2] = 0
    const over = poolPage(on7, [{ tag: 'Good', bytes: 256, type: 2 }])
    over[256 + 2] = 255
    expect(
      scan(on7, broken, over, poolPage(on7, []), poolPage(on7, [{ tag: 'Gone', bytes: 512, type: 0 }])).passed,
    ).toEqual([false, false, false, false])
  })
})

describe('pages that are not pool do not pass', () => {
  const eras = [
    ['2003', on2003],
    ['7', on7],
  ] as const
  for (const [name, format] of eras) {
    test(`20,000 random pages, ${name}`, () => {
      const bytes = randomBytes(4096 * 500, 21)
      const words = new Uint32Array(bytes.buffer)
      const scanner = chainedPageScanner(format, tagCounts(), null)
      const random = seededRandom(7)
      let passed = 0
      for (let round = 0; round < 40; round++) {
        // The same bytes, differently shuffled: cheaper than new ones, and as random to the scanner.
        const mask = Math.floor(random() * 2 ** 32)
        for (let index = 0; index < words.length; index++) words[index] ^= mask
        for (let page = 0; page < 500; page++) if (scanner.scan(words, page * 1024)) passed++
      }
      expect(passed).toBe(0)
    })

    test(`zeroes, text in two encodings, source code, machine code, ${name}`, () => {
      const source = readFileSync(import.meta.filename)
      const text = Buffer.concat(Array.from({ length: 60 }, () => source))
      const wide = Buffer.from(text.toString('latin1'), 'utf16le')
      const code = readFileSync(process.execPath).subarray(0, 16 << 20)
      for (const bytes of [new Uint8Array(4096 * 16), text, wide, code]) {
        const pages = Array.from({ length: Math.floor(bytes.length / 4096) }, (_, index) =>
          bytes.subarray(index * 4096, (index + 1) * 4096),
        )
        expect(scan(format, ...pages).passed.filter(Boolean)).toHaveLength(0)
      }
    })

    test(`arrays of small structures, pointers and counters, ${name}`, () => {
      const fill = (word: (index: number) => number) => {
        const words = Uint32Array.from({ length: 1024 }, (_, index) => word(index))
        return new Uint8Array(words.buffer)
      }
      const pages = [
        fill((index) => (index % 2 === 0 ? index * 0x40 : 0xfffff800)),
        fill((index) => (index % 4 === 0 ? 0x02100000 : keyOfTag('Abcd'))),
        fill((index) => index),
        fill(() => 0x02100010),
        fill(() => 0x20202020),
      ]
      // The second has sizes that chain, a type and a tag, but no agreement: too good to be told from pool where that
      // is not needed, so only the others must fail there.
      const { passed } = scan(format, ...pages)
      expect(passed.filter((_, index) => index !== 1)).toEqual([false, false, false, false])
      if (format.previousSizeHolds) expect(passed[1]).toBe(false)
    })
  }

  test('any page at all is a pool page or not, without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4096, maxLength: 4096 }), (page) => {
        for (const format of [on2003, on7]) expect(scan(format, page).passed).toHaveLength(1)
      }),
      { numRuns: 50 },
    )
  })
})

describe('segment heap', () => {
  const count = (known: readonly string[], ...pages: Uint8Array[]) => {
    const counts = tagCounts()
    const scanner = scatteredScanner(on11, counts, null, new Set(known.map(keyOfTag)))
    const words = wordsOf(...pages)
    for (const index of pages.keys()) scanner.scan(words, index * 1024)
    return counts.result()
  }

  test('headers with a tag the tracker knows count wherever they stand', () => {
    const page = new Uint8Array(4096)
    const view = new DataView(page.buffer)
    for (const [at, word, tag] of [
      [0x30, 0x02060000, 'File'],
      [0x200, 0x03100000, 'CM31'],
      [0x400, 0x02060000, 'Odd1'],
      [0x600, 0x02060010, 'File'],
      [0x7f0, 0x00060000, 'File'],
    ] as const) {
      view.setUint32(at, word, true)
      view.setUint32(at + 4, keyOfTag(tag), true)
    }
    const { tags } = count(['File', 'CM31'], page)
    expect(tags.map(({ key, nonPaged, paged }) => [tagOfKey(key), nonPaged, paged])).toEqual([
      ['CM31', { blocks: 0, bytes: 0 }, { blocks: 1, bytes: 256 }],
      ['File', { blocks: 1, bytes: 96 }, { blocks: 0, bytes: 0 }],
    ])
  })
})

test('tags beyond the limit are counted together', () => {
  const counts = tagCounts()
  for (let key = 1; key <= 70_000; key++) counts.count(counts.slotOf(key), 2, 32)
  const { tags, blocks, unlistedBlocks } = counts.result()
  expect(tags).toHaveLength(65_536)
  expect(blocks).toBe(70_000)
  expect(unlistedBlocks).toBe(70_000 - 65_536)
})
