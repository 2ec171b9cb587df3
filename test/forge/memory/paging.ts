import type { Va, Width } from '../words.ts'

/** One level of a page-table tree: which address bits select an entry. */
export type Level = { readonly shift: number; readonly bits: number }

/** A paging mode as data (reference 5.2–5.4). */
export type PagingMode = {
  readonly name: 'x86' | 'x86-pae' | 'x64'
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
}

export const x86Paging: PagingMode = {
  name: 'x86',
  width: 4,
  entryBytes: 4,
  levels: [
    { shift: 22, bits: 10 },
    { shift: 12, bits: 10 },
  ],
  largePages: 1024,
  selfMap: 0xc0000000,
  selfIndex: 0x300,
}

export const paePaging: PagingMode = {
  name: 'x86-pae',
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
}

export const x64Paging: PagingMode = {
  name: 'x64',
  width: 8,
  entryBytes: 8,
  levels: [
    { shift: 39, bits: 9 },
    { shift: 30, bits: 9 },
    { shift: 21, bits: 9 },
    { shift: 12, bits: 9 },
  ],
  largePages: 512,
  selfMap: 0xf68000000000,
  selfIndex: 0x1ed,
}

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

/** What a mapping allows. */
export type Access = { readonly writable: boolean; readonly executable: boolean }

export const readWrite: Access = { writable: true, executable: false }
export const readOnly: Access = { writable: false, executable: false }
export const readExecute: Access = { writable: false, executable: true }
export const readWriteExecute: Access = { writable: true, executable: true }

/** A page-table entry as two 32-bit words; non-PAE tables use the low one alone. */
export type Entry = { readonly low: number; readonly high: number }

export const hardwareEntry = (mode: PagingMode, pfn: number, access: Access, large = false): Entry => {
  const { valid, write, softwareWrite, accessed, dirty, global } = pteBits
  const flags =
    valid |
    accessed |
    global |
    (access.writable ? write | softwareWrite | dirty : 0) |
    (large ? pteBits.large | dirty : 0)
  const noExecute = mode.entryBytes === 8 && !access.executable ? 0x80000000 : 0
  return { low: ((pfn * 4096) % 0x100000000) + flags, high: (Math.floor(pfn / 0x100000) | noExecute) >>> 0 }
}

/** An entry of an upper level: never global, never NX. PAE's four root entries carry nothing but the valid bit. */
export const tableEntry = (mode: PagingMode, level: number, pfn: number): Entry => {
  const bare = mode.name === 'x86-pae' && level === 0
  const flags = bare ? pteBits.valid : pteBits.valid | pteBits.write | pteBits.accessed | pteBits.dirty
  return { low: ((pfn * 4096) % 0x100000000) + flags, high: Math.floor(pfn / 0x100000) }
}

/**
 * Entries whose valid bit is clear (reference 5.8), in the layouts of x86 without PAE and of PAE and x64 up to 17134.
 * A protection of 4 is read-write, 5 bits from bit 5.
 */
const protection = 4 << 5

/** In a page file: `page` is the offset in pages, never 0. */
export const pageFileEntry = (mode: PagingMode, page: number, file = 0): Entry =>
  mode.entryBytes === 4
    ? { low: page * 4096 + protection + (file << 1), high: 0 }
    : { low: protection + (file << 1), high: page }

/** Taken from its working set, still in RAM. */
export const transitionEntry = (mode: PagingMode, pfn: number): Entry => ({
  low: ((pfn * 4096) % 0x100000000) + (1 << 11) + protection,
  high: mode.entryBytes === 8 ? Math.floor(pfn / 0x100000) : 0,
})

export const demandZeroEntry: Entry = { low: protection, high: 0 }

/**
 * Points at a prototype PTE. `protoBase` is the start of paged pool, which the short form of Server 2003 counts from;
 * PAE and x64 hold the address itself in their upper part.
 */
export const prototypeEntry = (mode: PagingMode, proto: Va, protoBase: Va): Entry => {
  if (mode.entryBytes === 4) {
    const offset = proto - protoBase
    return { low: ((offset >>> 9) * 2048 + (1 << 10) + (((offset >>> 2) & 0x7f) << 1)) >>> 0, high: 0 }
  }
  if (mode.width === 4) return { low: 1 << 10, high: proto }
  return { low: (proto % 0x10000) * 0x10000 + (1 << 10), high: Math.floor(proto / 0x10000) }
}
