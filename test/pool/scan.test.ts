import { describe, expect, test } from 'vitest'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { poolHeaderFormat } from '../../shared/kernel/pools/pool-header.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'
import { scanPool, sequentialReads } from '../../shared/pool/scan.ts'
import { tagTotals } from '../../shared/pool/tag-counts.ts'
import { poolPage } from './pool-pages.ts'

const format = poolHeaderFormat(7601, 8)

describe('the pages are read once, in large pieces', () => {
  const plan = (runs: readonly (readonly [pfn: number, pages: number, fileOffset: number])[]) =>
    [...sequentialReads(runs.map(([, pages, fileOffset]) => ({ pages, fileOffset })))].map(({ offset, pages }) => [
      offset,
      pages,
    ])

  test('runs that lie together in the file are read together, whatever their page numbers', () => {
    expect(
      plan([
        [1, 3, 0x2000],
        [100, 5, 0x5000],
        [7, 2, 0x100000],
      ]),
    ).toEqual([
      [0x2000, 8],
      [0x100000, 2],
    ])
  })

  test('a long run is cut, and every page of it is read', () => {
    const reads = plan([[0, 5000, 0x1000]])
    expect(reads.reduce((sum, [, pages]) => sum + pages, 0)).toBe(5000)
    expect(Math.max(...reads.map(([, pages]) => pages)) * 4096).toBeLessThanOrEqual(8 << 20)
    expect(reads.slice(1).every(([offset], index) => offset === reads[index][0] + reads[index][1] * 4096)).toBe(true)
  })

  test('a run for each page, as a bitmap dump may have, is not a read for each page', () => {
    const runs = Array.from({ length: 4000 }, (_, index) => [index * 2, 1, 0x3000 + index * 4096] as const)
    expect(plan(runs).length).toBeLessThan(4)
  })
})

const leak = poolPage(
  format,
  Array.from({ length: 12 }, () => ({ tag: 'LeaK', bytes: 320, type: 2 })),
)

/** A file of 10,000 pages, every third of them a page of leaked blocks, whose buffers start off any alignment. */
const source = (shift: number): ByteSource & { reads: number[] } => {
  const reads: number[] = []
  const file = new Uint8Array(4096 * 10_000)
  for (let page = 0; page < 10_000; page += 3) file.set(leak, page * 4096)
  return {
    size: file.length,
    reads,
    read: async (offset, length) => {
      reads.push(length)
      const bytes = new Uint8Array(length + shift).subarray(shift)
      bytes.set(file.subarray(offset, offset + length))
      return bytes
    },
  }
}

for (const shift of [0, 1])
  test(`all blocks are found, buffers starting ${shift} bytes off a word`, async () => {
    const file = source(shift)
    const progress: number[] = []
    const { pagesScanned, formats } = await scanPool(file, {
      ranges: [{ pages: 10_000, fileOffset: 0 }],
      formats: [format],
      knownKeys: new Set(),
      sampler: null,
      onProgress: (done) => progress.push(done),
    })
    expect(pagesScanned).toBe(10_000)
    expect(formats[0].poolPages).toBe(3334)
    expect(tagTotals(formats[0].tags).tags).toEqual([
      { key: keyOfTag('LeaK'), nonPaged: { blocks: 3334 * 12, bytes: 3334 * 3840 }, paged: { blocks: 0, bytes: 0 } },
    ])
    expect(file.reads.reduce((sum, length) => sum + length, 0)).toBe(file.size)
    expect(progress.at(-1)).toBe(10_000)
  })

test('a source that hands out pieces of a Node Buffer, off any word', async () => {
  const file = Buffer.concat([Buffer.alloc(1), leak])
  const { formats } = await scanPool(
    { size: file.length, read: async (offset, length) => file.subarray(offset, offset + length) },
    { ranges: [{ pages: 1, fileOffset: 1 }], formats: [format], knownKeys: null, sampler: null },
  )
  expect(tagTotals(formats[0].tags).blocks).toBe(12)
})

test('a read that fails ends the scan with its own error', async () => {
  const broken: ByteSource = {
    size: 1 << 26,
    read: async (offset) => {
      if (offset > 0) throw new Error('network')
      return new Uint8Array(8 << 20)
    },
  }
  const query = { formats: [format], knownKeys: new Set<number>(), sampler: null }
  await expect(scanPool(broken, { ...query, ranges: [{ pages: 16_384, fileOffset: 0 }] })).rejects.toThrow('network')
})
