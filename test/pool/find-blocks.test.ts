import { expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { poolHeaderFormats } from '../../shared/kernel/pools/pool-header.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'
import { findBlocks } from '../../shared/pool/find-blocks.ts'
import { concat } from '../kernel/fake-memory.ts'
import { poolPage } from './pool-pages.ts'

const formats = poolHeaderFormats(7601, 8)
const protectedThread = (keyOfTag('Thre') | 0x80000000) >>> 0
const page = poolPage(formats[0], [
  { tag: 'File', bytes: 336, type: 2 },
  { tag: protectedThread, bytes: 1264, type: 2 },
  { tag: 'Thre', bytes: 160, type: 3 },
  { tag: 'Thre', bytes: 320, type: 0 },
])
/** Two runs: the pool page is the second of the one and the first of the other. */
const file = concat(new Uint8Array(0x2000), page, page)
const runs = [
  { pfn: 0x10, pages: 2, fileOffset: 0x1000 },
  { pfn: 0x500, pages: 1, fileOffset: 0x3000 },
]

const tagged = (tag: string) => ({
  matches: (key: number) => key === keyOfTag(tag),
  knownKeys: new Set([keyOfTag(tag)]),
})

test('the allocated blocks of a tag, protected or not, where they are in memory and in the file', async () => {
  const { blocks, found, bytes, pagesScanned } = await findBlocks(bufferSource(file), {
    runs,
    formats,
    ...tagged('Thre'),
    most: 10,
  })
  expect({ found, bytes, pagesScanned }).toEqual({ found: 4, bytes: 2 * (1264 + 160), pagesScanned: 3 })
  expect(blocks).toEqual([
    {
      physicalAddress: 0x11150,
      fileOffset: 0x2150,
      bytes: 1264,
      previousBytes: 336,
      paged: false,
      key: protectedThread,
    },
    {
      physicalAddress: 0x11640,
      fileOffset: 0x2640,
      bytes: 160,
      previousBytes: 1264,
      paged: true,
      key: keyOfTag('Thre'),
    },
    {
      physicalAddress: 0x500150,
      fileOffset: 0x3150,
      bytes: 1264,
      previousBytes: 336,
      paged: false,
      key: protectedThread,
    },
    {
      physicalAddress: 0x500640,
      fileOffset: 0x3640,
      bytes: 160,
      previousBytes: 1264,
      paged: true,
      key: keyOfTag('Thre'),
    },
  ])
})

test('no more are listed than asked for, and all are counted', async () => {
  const { blocks, found } = await findBlocks(bufferSource(file), { runs, formats, ...tagged('Thre'), most: 1 })
  expect({ listed: blocks.length, found }).toEqual({ listed: 1, found: 4 })
})

test('on segment-heap builds by header and tag alone', async () => {
  const { blocks } = await findBlocks(bufferSource(concat(page)), {
    runs: [{ pfn: 7, pages: 1, fileOffset: 0 }],
    formats: poolHeaderFormats(22000, 8),
    ...tagged('File'),
    most: 10,
  })
  expect(blocks).toEqual([
    { physicalAddress: 0x7000, fileOffset: 0, bytes: 336, previousBytes: 0, paged: false, key: keyOfTag('File') },
  ])
})

test('paged blocks alone, or the others, and none once stopped', async () => {
  const query = { runs, formats, ...tagged('Thre'), most: 10 }
  const paged = await findBlocks(bufferSource(file), { ...query, paged: true })
  expect(paged.blocks.map(({ bytes }) => bytes)).toEqual([160, 160])
  expect((await findBlocks(bufferSource(file), { ...query, paged: false })).found).toBe(2)
  const stopped = await findBlocks(bufferSource(file), { ...query, stopped: () => true })
  expect({ found: stopped.found, pagesScanned: stopped.pagesScanned }).toEqual({ found: 0, pagesScanned: 0 })
})
