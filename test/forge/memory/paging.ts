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
