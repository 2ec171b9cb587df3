import { roundUp } from '../words.ts'
import { type Dump, pagesBehind } from './dump.ts'
import { buildHeader, headerBytes, type MachineFacts } from './header.ts'
import { pageCount, type StoredRun } from './stored-pages.ts'

/** A bitmap dump of Windows 8 and later (reference 2.2). */
export type BitmapSpec = {
  readonly dumpType: 2 | 5 | 6 | 7
  readonly mark: 'SDMP' | 'FDMP'
  /** The first page at a whole page of the file, or straight behind the bitmap. */
  readonly firstPage: 'aligned' | 'behind'
  /** Bits beyond the last page stored; with 0 the last bit is a page. */
  readonly spareBits: number
}

const formats = { 2: 'kernel', 5: 'bitmap', 6: 'active', 7: 'automatic' } as const

/** The least bits that reach the last page. */
const bitsFor = (runs: readonly StoredRun[]): number => Math.max(...runs.map(({ base, pages }) => base + pages))

/** Bit n of the map, least significant first in each byte, says that page n is stored. */
const writeBitmap = (bytes: Buffer, at: number, runs: readonly StoredRun[]): void => {
  for (const { base, pages } of runs)
    for (let pfn = base; pfn < base + pages; pfn++) bytes[at + (pfn >>> 3)] |= 1 << (pfn & 7)
}

/** The header's own runs are the machine's: valid to look at, and no guide to the file (reference 1.6). */
export const bitmapDump = (facts: MachineFacts, runs: readonly StoredRun[], spec: BitmapSpec): Dump => {
  const start = headerBytes(facts.width)
  const bits = bitsFor(runs) + spec.spareBits
  const end = start + 0x38 + Math.ceil(bits / 8)
  const first = spec.firstPage === 'aligned' ? roundUp(end, 0x1000) : end
  const front = Buffer.alloc(first)
  const requiredDumpSpace = first + pageCount(runs) * 4096
  buildHeader({ ...facts, runs: facts.machineRuns, dumpType: spec.dumpType, requiredDumpSpace }).copy(front)
  front.write(`${spec.mark}DUMP`, start, 'latin1')
  front.writeBigUInt64LE(BigInt(first), start + 0x20)
  front.writeBigUInt64LE(BigInt(pageCount(runs)), start + 0x28)
  front.writeBigUInt64LE(BigInt(bits), start + 0x30)
  writeBitmap(front, start + 0x38, runs)
  return pagesBehind(formats[spec.dumpType], front, runs)
}

/**
 * A kernel dump from before Windows 8 (reference 2.3): type 2, other fields, and the bitmap at 0x20 or 0x28 of its header.
 * The latter is uncertain in every source.
 */
export const summaryDump = (facts: MachineFacts, runs: readonly StoredRun[]): Dump => {
  const start = headerBytes(facts.width)
  const bits = bitsFor(runs)
  const bitmap = start + (facts.width === 4 ? 0x20 : 0x28)
  const first = roundUp(bitmap + Math.ceil(bits / 8), 0x1000)
  const front = Buffer.alloc(first)
  const requiredDumpSpace = first + pageCount(runs) * 4096
  buildHeader({ ...facts, runs: facts.machineRuns, dumpType: 2, requiredDumpSpace }).copy(front)
  front.write('SDMPDUMP', start, 'latin1')
  front.writeUInt32LE(1, start + 8)
  front.writeUInt32LE(first, start + 0xc)
  front.writeUInt32LE(bits, start + 0x10)
  front.writeUInt32LE(pageCount(runs), start + 0x14)
  front.writeUInt32LE(bits, start + 0x18)
  writeBitmap(front, bitmap, runs)
  return pagesBehind('kernel', front, runs)
}
