import { viewOf } from '../bytes/view.ts'

/** TRIAGE_DUMP32 / TRIAGE_DUMP64 (reference 3.2). Offsets count from the start of the file; 0 means there is none. */
export type TriageHeader = {
  readonly servicePackBuild: number
  readonly sizeOfDump: number
  readonly validOffset: number
  readonly contextOffset: number
  readonly exceptionOffset: number
  readonly mmOffset: number
  readonly unloadedDriversOffset: number
  readonly prcbOffset: number
  readonly processOffset: number
  readonly threadOffset: number
  readonly callStackOffset: number
  readonly sizeOfCallStack: number
  readonly driverListOffset: number
  readonly driverCount: number
  readonly stringPoolOffset: number
  readonly stringPoolSize: number
  readonly brokenDriverOffset: number
  readonly triageOptions: number
  readonly topOfStack: bigint
  readonly dataPageAddress: bigint
  readonly dataPageOffset: number
  readonly dataPageSize: number
  readonly debuggerDataOffset: number
  readonly debuggerDataSize: number
  readonly dataBlocksOffset: number
  readonly dataBlocksCount: number
}

/** After offset 0x44 the layouts differ: the 64-bit one has three IA-64 fields more. */
const tails = {
  32: { dataPageAddress: 0x4c, dataPageOffset: 0x50, debuggerData: 0x58, dataBlocks: 0x60 },
  64: { dataPageAddress: 0x60, dataPageOffset: 0x68, debuggerData: 0x70, dataBlocks: 0x78 },
} as const

/** What the four bytes at `validOffset` read when the dump was written to its end: `TRGD`. */
export const triageMark = 0x44475254

/** Decodes the 0x80 bytes after the dump's header. */
export const decodeTriageHeader = (bytes: Uint8Array, bits: 32 | 64): TriageHeader => {
  const view = viewOf(bytes)
  const u32 = (offset: number): number => view.getUint32(offset, true)
  const pointer = (offset: number): bigint => (bits === 32 ? BigInt(u32(offset)) : view.getBigUint64(offset, true))
  const tail = tails[bits]
  return {
    servicePackBuild: u32(0),
    sizeOfDump: u32(4),
    validOffset: u32(8),
    contextOffset: u32(0xc),
    exceptionOffset: u32(0x10),
    mmOffset: u32(0x14),
    unloadedDriversOffset: u32(0x18),
    prcbOffset: u32(0x1c),
    processOffset: u32(0x20),
    threadOffset: u32(0x24),
    callStackOffset: u32(0x28),
    sizeOfCallStack: u32(0x2c),
    driverListOffset: u32(0x30),
    driverCount: u32(0x34),
    stringPoolOffset: u32(0x38),
    stringPoolSize: u32(0x3c),
    brokenDriverOffset: u32(0x40),
    triageOptions: u32(0x44),
    topOfStack: pointer(0x48),
    dataPageAddress: pointer(tail.dataPageAddress),
    dataPageOffset: u32(tail.dataPageOffset),
    dataPageSize: u32(tail.dataPageOffset + 4),
    debuggerDataOffset: u32(tail.debuggerData),
    debuggerDataSize: u32(tail.debuggerData + 4),
    dataBlocksOffset: u32(tail.dataBlocks),
    dataBlocksCount: u32(tail.dataBlocks + 4),
  }
}
