import type { Architecture } from '../analysis/dump-facts.ts'

/**
 * How an architecture's page tables are laid out, as data. PFNs and virtual page numbers are numbers, page table
 * entries two 32-bit halves: everything stays exact below 2^53 without a bigint per entry.
 */
export type PagingMode = {
  readonly architecture: Architecture
  readonly pointerBytes: 4 | 8
  readonly entryBytes: 4 | 8
  /** Whose bits an entry has: x86's (also PAE and x64) or ARM64's descriptors. */
  readonly entries: 'x86' | 'arm64'
  /** The root table's physical address: where it begins, and which low bits of the directory base are not address. */
  readonly rootAlignment: number
  /** Root first. `indexBits` of the virtual page number choose the entry. */
  readonly levels: readonly Level[]
  /** Bits of a virtual address that are translated; those above repeat the top one (x64) or are zero (x86). */
  readonly addressBits: number
  /** Width of the physical address in a valid entry. */
  readonly physicalBits: number
}

export type Level = {
  readonly indexBits: number
  /** Pages that one entry spans. */
  readonly pagesPerEntry: number
  /** An entry may be one large page: by bit 7 on x86, by a clear bit 1 on ARM64. */
  readonly large: boolean
}

const levels = (bits: readonly number[], large: readonly boolean[]): Level[] =>
  bits.map((indexBits, index) => ({
    indexBits,
    large: large[index],
    pagesPerEntry: 2 ** bits.slice(index + 1).reduce((sum, below) => sum + below, 0),
  }))

/** Reference 5.2. PSE-36 bits are not used by Windows and ignored. */
export const x86Paging: PagingMode = {
  architecture: 'x86',
  pointerBytes: 4,
  entryBytes: 4,
  entries: 'x86',
  rootAlignment: 4096,
  levels: levels([10, 10], [true, false]),
  addressBits: 32,
  physicalBits: 32,
}

/** Reference 5.3. The root is a 32-byte table anywhere below 4 GiB. */
export const paePaging: PagingMode = {
  architecture: 'x86-pae',
  pointerBytes: 4,
  entryBytes: 8,
  entries: 'x86',
  rootAlignment: 32,
  levels: levels([2, 9, 9], [false, true, false]),
  addressBits: 32,
  physicalBits: 38,
}

/** Reference 5.4. The low 12 bits of the directory base hold a PCID. */
export const x64Paging: PagingMode = {
  architecture: 'x64',
  pointerBytes: 8,
  entryBytes: 8,
  entries: 'x86',
  rootAlignment: 4096,
  levels: levels([9, 9, 9, 9], [false, true, true, false]),
  addressBits: 48,
  physicalBits: 52,
}

/** Reference 5.4: one more level on top, told from x64 by which of the two maps the kernel. */
export const la57Paging: PagingMode = {
  ...x64Paging,
  architecture: 'x64-la57',
  levels: levels([9, 9, 9, 9, 9], [false, false, true, true, false]),
  addressBits: 57,
}

/**
 * Reference 5.5: 4 KiB granule, one root page for both halves of the address space. Bits above 47 of the directory
 * base may hold an ASID and are cut off with the physical width.
 */
export const arm64Paging: PagingMode = {
  ...x64Paging,
  architecture: 'arm64',
  entries: 'arm64',
  physicalBits: 48,
}
