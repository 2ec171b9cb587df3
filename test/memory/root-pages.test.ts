import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { arm64Paging, type PagingMode, paePaging, x64Paging, x86Paging } from '../../shared/memory/paging.ts'
import { rootTest, scanForRoots } from '../../shared/memory/root-pages.ts'
import { sparseMemory } from '../hand-made/sparse-memory.ts'

/** Page table entries by their index; an array is the first of them. */
type Entries = Readonly<Record<number, bigint>>

const page = (entries: Entries, entryBytes: 4 | 8): Uint8Array => {
  const bytes = new Uint8Array(4096)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of Object.entries(entries))
    if (entryBytes === 4) view.setUint32(Number(index) * 4, Number(value), true)
    else view.setBigUint64(Number(index) * 8, value, true)
  return bytes
}
const words = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.buffer, bytes.byteOffset, 1024)
const roots = (mode: PagingMode, entries: Entries, pfn: number): bigint[] =>
  rootTest([mode])(words(page(entries, mode.entryBytes)), pfn).map(({ directoryTableBase }) => directoryTableBase)
const at = (pfn: number, flags = 0x63n): bigint => (BigInt(pfn) << 12n) | flags

describe('a page is a root', () => {
  test('of x86 whose entry C00 is the page itself', () => {
    expect(roots(x86Paging, { 768: at(0x39), 512: at(7) }, 0x39)).toEqual([0x39000n])
    expect(roots(x86Paging, { 768: at(0x3a), 512: at(7) }, 0x39)).toEqual([])
    expect(roots(x86Paging, { 769: at(0x39), 512: at(7) }, 0x39)).toEqual([])
    // Not valid, and a large page.
    expect(roots(x86Paging, { 768: at(0x39, 0x62n), 512: at(7) }, 0x39)).toEqual([])
    expect(roots(x86Paging, { 768: at(0x39, 0xe3n), 512: at(7) }, 0x39)).toEqual([])
  })

  test('of x64 with an entry of the upper half that is the page itself, above 4 GiB too', () => {
    for (const pfn of [0x1ad, 0x12_3456, 0x12_3456_789])
      expect(roots(x64Paging, { 496: at(9), 291: at(pfn), 493: at(pfn, 0x8000_0000_0000_0063n) }, pfn)).toEqual([
        BigInt(pfn) << 12n,
      ])
    expect(roots(x64Paging, { 496: at(9), 237: at(0x1ad) }, 0x1ad)).toEqual([])
    expect(roots(x64Paging, { 496: at(9), 493: at(0x1001ad) }, 0x1ad)).toEqual([])
    expect(roots(x64Paging, { 493: at(0x1ad) }, 0x1ad)).toEqual([])
  })

  test('of ARM64 with such an entry of the right attributes', () => {
    const self = 0x0060_0000_0000_0703n
    expect(roots(arm64Paging, { 496: at(9, 0x703n), 336: at(0x946aa, self) }, 0x946aa)).toEqual([0x946aa000n])
    expect(roots(arm64Paging, { 496: at(9, 0x703n), 336: at(0x946aa, 0x703n) }, 0x946aa)).toEqual([])
    expect(roots(arm64Paging, { 496: at(9, 0x703n), 336: at(0x946aa, 0x0060_0000_0000_0701n) }, 0x946aa)).toEqual([])
  })

  test('but not one filled with one value', () => {
    const fill = (value: bigint, entries = 512) => Array.from({ length: entries }, () => value)
    expect(roots(x64Paging, fill(at(0x1ad)), 0x1ad)).toEqual([])
    expect(roots(x86Paging, fill(at(0x39), 1024), 0x39)).toEqual([])
    expect(roots(arm64Paging, fill(at(0x39, 0x0060_0000_0000_0703n)), 0x39)).toEqual([])
  })
})

describe('a PAE root', () => {
  const directories = [0x200, 0x301, 0x102, 0x403]
  const root = page(Object.fromEntries(directories.map((pfn, index) => [0x2a + 2 + index, at(pfn, 1n)])), 8)
  const fourth = page({ ...directories.map((pfn) => at(pfn)), 256: at(5) }, 8)
  const rootAddress = 0x55000n + BigInt((0x2a + 2) * 8)

  test.each([
    ['after', [0x403, 0x55]],
    ['before', [0x55, 0x403]],
  ] as const)('is the table that names the same directories as the fourth of them: %s it', (_, order) => {
    const test = rootTest([paePaging])
    const pages = new Map([
      [0x55, root],
      [0x403, fourth],
    ])
    const found = order.flatMap((pfn) => test(words(pages.get(pfn)!), pfn))
    // The self-map lies at 0x2c0 of the page: only aligned tables count.
    expect(found.map(({ directoryTableBase }) => directoryTableBase)).toEqual([rootAddress])
  })

  test('is not one that names other directories', () => {
    const test = rootTest([paePaging])
    const other = page(
      [0x201, 0x301, 0x102, 0x403].map((pfn) => at(pfn, 1n)),
      8,
    )
    expect([...test(words(fourth), 0x403), ...test(words(other), 0x56)]).toEqual([])
  })

  test('is also one whose directories follow it, as System\u2019s do', () => {
    const table = page(
      [1, 2, 3, 4].map((next) => at(0x124 + next, 1n)),
      8,
    )
    expect(rootTest([paePaging])(words(table), 0x124)).toEqual([{ mode: paePaging, directoryTableBase: 0x124000n }])
  })
})

describe('the scan', () => {
  const self = page({ 496: at(9), 493: at(0x5000) }, 8)
  const memory = (pages: number) => {
    const filled = new Map<number, Uint8Array>(
      Array.from({ length: pages }, (_, index) => [0x100 + 3 * index, new Uint8Array(4096)]),
    )
    filled.set(0x5000, self)
    return sparseMemory(filled)
  }
  const scan = async (pages: number, maxBytes: number) => {
    const { source, physical } = memory(pages)
    const counting = countingSource(source)
    const progress = { bytes: 0 }
    const found: bigint[] = []
    for await (const { directoryTableBase } of scanForRoots(
      counting,
      physical,
      rootTest([x64Paging]),
      maxBytes,
      progress,
    ))
      found.push(directoryTableBase)
    return { found, progress, counts: counting.counts }
  }

  test('reads runs that are short as large pieces of the file', async () => {
    const { found, progress, counts } = await scan(2999, 2 ** 30)
    expect(found).toEqual([0x5000000n])
    expect(progress.bytes).toBe(3000 * 4096)
    expect(counts).toEqual({ reads: 3, bytes: 3000 * 4096 })
  })

  test('ends at its limit', async () => {
    const { found, progress, counts } = await scan(2999, 100 * 4096)
    expect(found).toEqual([])
    expect(progress.bytes).toBe(100 * 4096)
    expect(counts).toEqual({ reads: 1, bytes: 100 * 4096 })
  })

  test('reads pages that lie at odd places of a buffer', async () => {
    const bytes = new Uint8Array(4096 + 1)
    bytes.set(self, 1)
    const physical = { ...memory(0).physical, runs: () => [{ pfn: 0x5000, pages: 1, fileOffset: 1 }] }
    const progress = { bytes: 0 }
    for await (const { directoryTableBase } of scanForRoots(
      bufferSource(bytes),
      physical,
      rootTest([x64Paging]),
      4096,
      progress,
    ))
      expect(directoryTableBase).toBe(0x5000000n)
    expect(progress.bytes).toBe(4096)
  })

  test('takes any pages without failing, and finds none in noise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 4096, maxLength: 4096 }), fc.nat(2 ** 20), async (bytes, pfn) => {
        const test = rootTest([paePaging, x86Paging, x64Paging, arm64Paging])
        expect(test(words(new Uint8Array(bytes)), pfn).length).toBeLessThan(4)
      }),
      { numRuns: 20 },
    )
  })
})
