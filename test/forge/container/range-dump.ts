import { type Dump, pagesBehind } from './dump.ts'
import { buildHeader, headerBytes, type MachineFacts } from './header.ts'
import { pageCount, type StoredRun } from './stored-pages.ts'

/** A dump that the debugger wrote: `.dump /k`, `/ka`, `/f` (reference 2.4). */
export type RangeSpec = {
  readonly dumpType: 8 | 9 | 0xa
  /** Room for so many ranges more than there are. */
  readonly spareRanges: number
}

/**
 * Ranges in the order given, which need not ascend. Behind the last one types 8 and 9 have a range at page 0; type A counts
 * the ranges and the pages, and what is left of its metadata is whatever the buffer held.
 */
export const rangeDump = (facts: MachineFacts, runs: readonly StoredRun[], spec: RangeSpec): Dump => {
  const start = headerBytes(facts.width)
  const slots = runs.length + spec.spareRanges
  const first = start + 0x30 + slots * 16
  const front = Buffer.alloc(first)
  const requiredDumpSpace = first + pageCount(runs) * 4096
  buildHeader({ ...facts, runs: facts.machineRuns, dumpType: spec.dumpType, requiredDumpSpace }).copy(front)
  front.writeUInt32LE(0x40, start)
  front.write('RDMPDUMP', start + 4, 'latin1')
  front.writeBigUInt64LE(BigInt(first - start - 0x20), start + 0x10)
  front.writeBigUInt64LE(BigInt(first), start + 0x18)
  if (spec.dumpType === 0xa) {
    front.writeUInt32LE(runs.length, start + 0x20)
    front.writeBigUInt64LE(BigInt(pageCount(runs)), start + 0x28)
    for (let slot = runs.length; slot < slots; slot++) {
      front.writeBigUInt64LE(BigInt(runs[0].base + slot), start + 0x30 + slot * 16)
      front.writeBigUInt64LE(1n, start + 0x38 + slot * 16)
    }
  }
  for (const [slot, { base, pages }] of runs.entries()) {
    front.writeBigUInt64LE(BigInt(base), start + 0x30 + slot * 16)
    front.writeBigUInt64LE(BigInt(pages), start + 0x38 + slot * 16)
  }
  return pagesBehind('live', front, runs)
}
