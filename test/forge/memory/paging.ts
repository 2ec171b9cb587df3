import { fiveLevelStart, type Va, type Width } from '../words.ts'

/** One level of a page-table tree: which address bits select an entry. */
export type Level = { readonly shift: number; readonly bits: number }

/** Where an entry that is not valid keeps what (reference 5.8); bit numbers. */
export type InvalidForm = {
  readonly protection: number
  readonly pageFile: number
  /** The bit that says that the entry is not masked; null where no build masks entries. */
  readonly swizzle: number | null
  /** What such an entry's upper half is masked with against L1TF: 0 on processors that need it not. */
  readonly mask: number
}

/** A paging mode as data (reference 5.2–5.5). */
export type PagingMode = {
  readonly name: 'x86' | 'x86-pae' | 'x64' | 'x64-la57' | 'arm64'
  /** IMAGE_FILE_MACHINE. */
  readonly machine: number
  readonly width: Width
  readonly entryBytes: 4 | 8
  /** Root first. */
  readonly levels: readonly Level[]
  /** Pages in one large page. */
  readonly largePages: number
  /** Where the page tables see themselves: the virtual address of the entry that maps address 0. */
  readonly selfMap: Va
  /** The top-level entry that points back at the root; PAE has four of them one level lower. */
  readonly selfIndex: number
  readonly invalid: InvalidForm
}

/** x86 without PAE always, PAE and x64 up to 17134. */
const classic: InvalidForm = { protection: 5, pageFile: 1, swizzle: null, mask: 0 }
/** PAE and x64 from 17763 on, on a processor that is safe from L1TF and on one that is not. */
const current: InvalidForm = { protection: 5, pageFile: 12, swizzle: 4, mask: 0 }
const masked: InvalidForm = { ...current, mask: 0x2000 }

export const x86Paging: PagingMode = {
  name: 'x86',
  machine: 0x14c,
  width: 4,
  entryBytes: 4,
  levels: [
    { shift: 22, bits: 10 },
    { shift: 12, bits: 10 },
  ],
  largePages: 1024,
  selfMap: 0xc0000000,
  selfIndex: 0x300,
  invalid: classic,
}

export const paePaging: PagingMode = {
  name: 'x86-pae',
  machine: 0x14c,
  width: 4,
  entryBytes: 8,
  levels: [
    { shift: 30, bits: 2 },
    { shift: 21, bits: 9 },
    { shift: 12, bits: 9 },
  ],
  largePages: 512,
  selfMap: 0xc0000000,
  selfIndex: 0,
  invalid: classic,
}

/** What a mask would be with PAE is in no source. */
export const paeCurrentPaging: PagingMode = { ...paePaging, invalid: current }

const fourLevels: readonly Level[] = [
  { shift: 39, bits: 9 },
  { shift: 30, bits: 9 },
  { shift: 21, bits: 9 },
  { shift: 12, bits: 9 },
]

export const x64Paging: PagingMode = {
  name: 'x64',
  machine: 0x8664,
  width: 8,
  entryBytes: 8,
  levels: fourLevels,
  largePages: 512,
  selfMap: 0xf68000000000,
  selfIndex: 0x1ed,
  invalid: classic,
}

/** Since 14393 the self-map has a place of its own on every boot (KDBG's PteBase). */
export const x64MaskedPaging: PagingMode = { ...x64Paging, selfMap: 0xaf8000000000, selfIndex: 0x15f, invalid: masked }
export const x64CurrentPaging: PagingMode = {
  ...x64Paging,
  selfMap: 0xd38000000000,
  selfIndex: 0x1a7,
  invalid: current,
}

export const la57Paging: PagingMode = {
  ...x64CurrentPaging,
  name: 'x64-la57',
  levels: [{ shift: 48, bits: 9 }, ...fourLevels],
  selfMap: 0x6000000000000,
  selfIndex: 0x1f6,
}

/** 4 KiB granule; one root for both halves (reference 5.5). */
export const arm64Paging: PagingMode = {
  ...x64Paging,
  name: 'arm64',
  machine: 0xaa64,
  selfMap: 0xa88000000000,
  selfIndex: 0x151,
  invalid: { protection: 1, pageFile: 6, swizzle: null, mask: 0 },
}

/** Bytes of address space in which the page tables see themselves. */
export const selfMapBytes = ({ entryBytes, levels }: PagingMode): number =>
  entryBytes * 2 ** levels.reduce((sum, { bits }) => sum + bits, 0)

/** Bits 48 to 56 of an address; four-level ones are sign-extended (see `Va`). */
const fifthIndex = (va: Va): number => {
  if (va >= fiveLevelStart) return 0x1f0 + Math.floor(va / fiveLevelStart)
  return va >= fiveLevelStart / 2 ? 0x1ff : 0
}

/** Which entry of a level's table an address selects. */
export const tableIndex = (va: Va, { shift, bits }: Level): number =>
  shift === 48 ? fifthIndex(va) : Math.floor(va / 2 ** shift) % 2 ** bits

/** The number of an address's page among all that the mode can map. */
export const pageIndex = (mode: PagingMode, va: Va): number =>
  mode.levels.reduce((index, level) => index * 2 ** level.bits + tableIndex(va, level), 0)

/** Bits of a hardware PTE (reference 5.8). The MP kernels set the software write bit 11 beside the hardware one. */
export const pteBits = {
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
