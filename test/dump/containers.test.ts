import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { readPageBitmap } from '../../shared/dump/bitmap-header.ts'
import { bitmapMemory } from '../../shared/dump/bitmap-memory.ts'
import { decodeHeader } from '../../shared/dump/header.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import { runMemory } from '../../shared/dump/run-memory.ts'
import { sharedData } from '../shared-data.ts'

const data = sharedData()

/** A 64-bit header of a bare x64 kernel dump; everything else stays filler. */
const header64 = (build: number, dumpType: number): Uint8Array => {
  const bytes = new Uint8Array(0x2000)
  const view = new DataView(bytes.buffer)
  for (let offset = 0; offset < bytes.length; offset += 4) view.setUint32(offset, 0x45474150, true)
  view.setUint32(4, 0x34365544, true)
  view.setUint32(0xc, build, true)
  view.setUint32(0x30, 0x8664, true)
  view.setUint32(0x34, 2, true)
  view.setUint32(0xf98, dumpType, true)
  return bytes
}

const header32 = (build: number, dumpType: number): Uint8Array => {
  const bytes = new Uint8Array(0x1000)
  const view = new DataView(bytes.buffer)
  for (let offset = 0; offset < bytes.length; offset += 4) view.setUint32(offset, 0x45474150, true)
  view.setUint32(4, 0x504d5544, true)
  view.setUint32(0xc, build, true)
  view.setUint32(0x20, 0x14c, true)
  view.setUint32(0x24, 2, true)
  view.setUint32(0xf88, dumpType, true)
  return bytes
}

const concat = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))
const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0))

/** The physical memory of a dump that must open. */
const physicalOf = async (source: ByteSource) => {
  const dump = await openDump(source)
  if (dump.kind !== 'memory') throw new Error(`The dump was not opened but is ${JSON.stringify(dump)}.`)
  return dump
}

const bitmap = Uint8Array.from([0b0000_0110, 0, 0b1000_0001, 0b0000_0001])
const stored = [1, 2, 16, 23, 24]

const newBitmapHeader = (firstPage: number, pages: number, bits: number): Uint8Array => {
  const bytes = new Uint8Array(0x38)
  bytes.set(ascii('SDMPDUMP'))
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0x20, BigInt(firstPage), true)
  view.setBigUint64(0x28, BigInt(pages), true)
  view.setBigUint64(0x30, BigInt(bits), true)
  return concat(bytes, bitmap)
}

test.skipIf(data === null)('the published run list of a bitmap dump comes out of its header, run by run', async () => {
  const folder = join(data ?? '', 'vectors')
  const bytes = readFileSync(join(folder, 'bitmap-header-rebuilt.dmp'))
  const expected: { fileOffset: number; start: number; end: number }[] = JSON.parse(
    readFileSync(join(folder, 'bitmap-dump-runs.json'), 'utf8'),
  )
  const found = await readPageBitmap(bufferSource(bytes), decodeHeader(bytes))
  if (found === null) throw new Error('The bitmap was not found.')
  const physical = bitmapMemory(found.bitmap, found.firstPageOffset, Number.MAX_SAFE_INTEGER)
  const runs = [...physical.runs()].map((run) => ({
    fileOffset: run.fileOffset,
    start: run.pfn * 4096,
    end: (run.pfn + run.pages) * 4096 - 1,
  }))
  expect(runs).toEqual(expected)
  for (const { fileOffset, start } of expected) expect(physical.locate(start / 4096)).toBe(fileOffset)
})

test('a bitmap dump of Windows 8 and later opens: packed pages, bits beyond the count ignored', async () => {
  const firstPage = 0x2000 + 0x38 + bitmap.length
  const file = concat(header64(19041, 5), newBitmapHeader(firstPage, 4, 24), new Uint8Array(4 * 4096))
  const { physical, format, truncated } = await physicalOf(bufferSource(file))
  expect({ format, truncated, expected: physical.expectedPages }).toEqual({
    format: 'bitmap',
    truncated: false,
    expected: 4,
  })
  expect(stored.slice(0, 4).map((pfn) => physical.locate(pfn))).toEqual(
    [0, 1, 2, 3].map((index) => firstPage + index * 4096),
  )
  expect(physical.locate(24)).toBe('not-in-dump')
  expect(physical.locate(0)).toBe('not-in-dump')
})

test('a bitmap dump that is cut off keeps what is there and counts what is not', async () => {
  const firstPage = 0x2000 + 0x38 + bitmap.length
  const file = concat(header64(22621, 7), newBitmapHeader(firstPage, 5, 32), new Uint8Array(2 * 4096 + 100))
  const { physical, format, truncated } = await physicalOf(bufferSource(file))
  expect({ format, truncated, present: physical.presentPages }).toEqual({
    format: 'automatic',
    truncated: true,
    present: 2,
  })
  expect(physical.locate(2)).toBe(firstPage + 4096)
  expect(physical.locate(16)).toBe('beyond-end-of-file')
})

const legacyHeader = (bits: 32 | 64, firstPage: number, pages: number): Uint8Array => {
  const bytes = new Uint8Array(bits === 32 ? 0x20 : 0x28)
  bytes.set(ascii('SDMPDUMP'))
  const view = new DataView(bytes.buffer)
  view.setUint32(0xc, firstPage, true)
  view.setUint32(0x10, 32, true)
  view.setUint32(0x14, pages, true)
  view.setUint32(0x18, 32, true)
  return concat(bytes, bitmap)
}

for (const bits of [32, 64] as const)
  test(`a ${bits}-bit summary dump from before Windows 8 opens as a kernel dump`, async () => {
    const header = bits === 32 ? header32(3790, 2) : header64(7601, 2)
    const firstPage = header.length + 0x1000
    const start = concat(header, legacyHeader(bits, firstPage, 5))
    const file = concat(start, new Uint8Array(firstPage - start.length + 5 * 4096))
    const { physical, format } = await physicalOf(bufferSource(file))
    expect(format).toBe('kernel')
    expect(stored.map((pfn) => physical.locate(pfn))).toEqual([0, 1, 2, 3, 4].map((index) => firstPage + index * 4096))
  })

test('a bitmap header that contradicts itself is refused, not guessed at', async () => {
  const file = concat(header64(19041, 5), newBitmapHeader(0x10, 4, 24), new Uint8Array(4 * 4096))
  const dump = await openDump(bufferSource(file))
  expect(dump.kind === 'refused' && dump.refusal.code).toBe('unusable-page-map')
})

const rangeDump = (dumpType: number, ranges: [number, number][], total: number, slack = 0): Uint8Array => {
  const metadata = 0x30 + ranges.length * 16 + slack
  const bytes = new Uint8Array(metadata)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0x40, true)
  bytes.set(ascii('RDMPDUMP'), 4)
  view.setBigUint64(0x10, BigInt(metadata - 0x20), true)
  view.setBigUint64(0x18, BigInt(0x2000 + metadata), true)
  view.setBigUint64(0x28, BigInt(total), true)
  for (const [index, [pfn, pages]] of ranges.entries()) {
    view.setBigUint64(0x30 + index * 16, BigInt(pfn), true)
    view.setBigUint64(0x38 + index * 16, BigInt(pages), true)
  }
  const pages = ranges.reduce((sum, [, count]) => sum + count, 0)
  return concat(header64(22621, dumpType), bytes, new Uint8Array(pages * 4096))
}

test('a dump written by the debugger opens with its ranges in file order, ascending or not', async () => {
  const file = rangeDump(
    0xa,
    [
      [100, 2],
      [10, 1],
    ],
    3,
    32,
  )
  const firstPage = file.length - 3 * 4096
  const { physical, format } = await physicalOf(bufferSource(file))
  expect(format).toBe('live')
  expect([100, 101, 10, 11].map((pfn) => physical.locate(pfn))).toEqual([
    firstPage,
    firstPage + 4096,
    firstPage + 2 * 4096,
    'not-in-dump',
  ])
  expect([...physical.runs()].map((run) => run.pfn)).toEqual([100, 10])
})

test('overlapping ranges are refused', async () => {
  const file = rangeDump(
    9,
    [
      [100, 4],
      [102, 1],
    ],
    5,
  )
  const dump = await openDump(bufferSource(file))
  expect(dump.kind === 'refused' && dump.refusal.code).toBe('unusable-page-map')
})

test('runs that touch in memory and in the file are one run', () => {
  const physical = runMemory(
    [
      { basePage: 1, pageCount: 2 },
      { basePage: 3, pageCount: 1 },
      { basePage: 9, pageCount: 1 },
    ],
    0x1000,
    0x1000 + 4 * 4096,
  )
  expect([...physical.runs()]).toEqual([
    { pfn: 1, pages: 3, fileOffset: 0x1000 },
    { pfn: 9, pages: 1, fileOffset: 0x4000 },
  ])
})
