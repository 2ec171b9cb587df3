import type { Va } from '../words.ts'
import type { PagingMode } from './paging.ts'

/** Bits of a hardware PTE (reference 5.8). The MP kernels set the software write bit 11 beside the hardware one. */
const pteBits = {
  valid: 1,
  write: 1 << 1,
  accessed: 1 << 5,
  dirty: 1 << 6,
  large: 1 << 7,
  global: 1 << 8,
  softwareWrite: 1 << 11,
} as const

/** Bits of an ARM64 descriptor (reference 5.5, 5.8); those from 32 on are counted within the upper half. */
const armBits = {
  valid: 1,
  notLarge: 1 << 1,
  notDirty: 1 << 7,
  innerShareable: 3 << 8,
  accessed: 1 << 10,
  high: { privilegedNoExecute: 1 << 21, userNoExecute: 1 << 22, writable: 1 << 23 },
} as const

/** What a mapping allows. */
export type Access = { readonly writable: boolean; readonly executable: boolean }

export const readWrite: Access = { writable: true, executable: false }
export const readWriteExecute: Access = { writable: true, executable: true }

/** A page-table entry as two 32-bit words; non-PAE tables use the low one alone. */
export type Entry = { readonly low: number; readonly high: number }

const frameWords = (pfn: number): Entry => ({ low: (pfn * 4096) % 0x100000000, high: Math.floor(pfn / 0x100000) })

/** A valid entry of the last level, or with `large` of the one above it. */
export const hardwareEntry = (mode: PagingMode, pfn: number, access: Access, large = false): Entry => {
  const frame = frameWords(pfn)
  if (mode.name === 'arm64') {
    const { valid, notLarge, notDirty, innerShareable, accessed, high } = armBits
    const flags = valid | innerShareable | accessed | (large ? 0 : notLarge) | (access.writable ? 0 : notDirty)
    const upper =
      high.userNoExecute | (access.executable ? 0 : high.privilegedNoExecute) | (access.writable ? high.writable : 0)
    return { low: frame.low + flags, high: frame.high + upper }
  }
  const { valid, write, softwareWrite, accessed, dirty, global } = pteBits
  const flags =
    valid |
    accessed |
    global |
    (access.writable ? write | softwareWrite | dirty : 0) |
    (large ? pteBits.large | dirty : 0)
  const noExecute = mode.entryBytes === 8 && !access.executable ? 0x80000000 : 0
  return { low: frame.low + flags, high: (frame.high | noExecute) >>> 0 }
}

/**
 * An entry of an upper level: never global, never NX on x86. PAE's four root entries carry nothing but the valid bit;
 * ARM64's forbid execution below them (reference 5.5, self-map test).
 */
export const tableEntry = (mode: PagingMode, level: number, pfn: number): Entry => {
  const frame = frameWords(pfn)
  if (mode.name === 'arm64') {
    const { valid, notLarge, innerShareable, accessed, high } = armBits
    return {
      low: frame.low + (valid | notLarge | innerShareable | accessed),
      high: frame.high + (high.privilegedNoExecute | high.userNoExecute),
    }
  }
  const bare = mode.name === 'x86-pae' && level === 0
  const flags = bare ? pteBits.valid : pteBits.valid | pteBits.write | pteBits.accessed | pteBits.dirty
  return { low: frame.low + flags, high: frame.high }
}

/** Read-write, the protection of every entry below. */
const protection = (mode: PagingMode): number => 4 << mode.invalid.protection

/**
 * An entry whose valid bit is clear, as the memory manager leaves it: where it masks such entries, it either masks the
 * upper half or, when the bits of the mask are taken, says so by the swizzle bit (reference 5.8).
 */
const invalidEntry = (mode: PagingMode, { low, high }: Entry): Entry => {
  const { swizzle, mask } = mode.invalid
  if (swizzle === null || mask === 0) return { low, high }
  return (high & mask) === 0 ? { low, high: (high | mask) >>> 0 } : { low: low + 2 ** swizzle, high }
}

/** In a page file: `page` is the offset in pages, never 0. */
export const pageFileEntry = (mode: PagingMode, page: number, file = 0): Entry => {
  const low = protection(mode) + file * 2 ** mode.invalid.pageFile
  return mode.entryBytes === 4 ? { low: page * 4096 + low, high: 0 } : invalidEntry(mode, { low, high: page })
}

/** Taken from its working set, still in RAM. */
export const transitionEntry = (mode: PagingMode, pfn: number): Entry => {
  const { low, high } = frameWords(pfn)
  return invalidEntry(mode, { low: low + (1 << 11) + protection(mode), high: mode.entryBytes === 8 ? high : 0 })
}

export const demandZeroEntry = (mode: PagingMode): Entry => invalidEntry(mode, { low: protection(mode), high: 0 })

/**
 * Points at a prototype PTE. `protoBase` is the start of paged pool, which the short form of Server 2003 counts from;
 * PAE and 64-bit entries hold the address itself in their upper part. ARM64's form is in no source: it is x64's here.
 */
export const prototypeEntry = (mode: PagingMode, proto: Va, protoBase: Va): Entry => {
  if (mode.entryBytes === 4) {
    const offset = proto - protoBase
    return { low: ((offset >>> 9) * 2048 + (1 << 10) + (((offset >>> 2) & 0x7f) << 1)) >>> 0, high: 0 }
  }
  if (mode.width === 4) return invalidEntry(mode, { low: 1 << 10, high: proto })
  const high = Math.floor(proto / 0x10000) % 0x100000000
  return invalidEntry(mode, { low: (proto % 0x10000) * 0x10000 + (1 << 10), high })
}

/** A prototype PTE of a mapped file that is not in memory: it leads to a subsection, not to a page (reference 5.8). */
export const subsectionEntry = (mode: PagingMode): Entry => ({
  low: (0x3a0 << 12) | (1 << 10),
  high: mode.entryBytes === 8 ? 0x00051200 : 0,
})
