import type { Absence } from './absence.ts'
import type { Level, PagingMode } from './paging.ts'

/**
 * What a page table entry says. `next` leads to a table, or on the last level to a page; `large` to a large page,
 * whose first PFN is given. An absent page with a `prototype` address is described by the entry that lies there.
 */
export type Entry =
  | { readonly kind: 'next' | 'large'; readonly pfn: number }
  | { readonly kind: 'absent'; readonly reason: Absence; readonly prototype?: bigint }

/** What differs from build to build in entries that are not valid (reference 5.8). */
export type PteEra = {
  /** Width of the physical address in a transition entry of x64. */
  readonly transitionBits: number
  /** Bit 4 clear: bit 45 of the entry may be the mask that hides it from L1TF, and is no part of it. */
  readonly swizzled: boolean
}

/** Change with every change of a row: analyses record it. */
export const pageTableEntriesVersion = '1'

const eras: readonly (PteEra & { readonly fromBuild: number })[] = [
  { fromBuild: 0, transitionBits: 40, swizzled: false },
  { fromBuild: 6001, transitionBits: 48, swizzled: false },
  { fromBuild: 17763, transitionBits: 48, swizzled: true },
  { fromBuild: 26100, transitionBits: 52, swizzled: true },
]

/** By the build number of Windows. */
export const pteEra = (build: number): PteEra => eras.findLast(({ fromBuild }) => build >= fromBuild) ?? eras[0]

const valid = 1
const largePage = 1 << 7
/** ARM64: set in a descriptor that leads to a table or is a page, clear in a block (reference 5.5). */
const arm64Table = 1 << 1
const swizzleBit = 1 << 4
const prototypeBit = 1 << 10
const transitionBit = 1 << 11
/** Bit 45 within the high half. */
const swizzleMask = 1 << 13

const pageNumber = (low: number, high: number, physicalBits: number): number =>
  (low >>> 12) + (physicalBits > 32 ? (high & (2 ** (physicalBits - 32) - 1)) >>> 0 : 0) * 2 ** 20

const notMapped: Entry = { kind: 'absent', reason: 'not-mapped' }
const demandZero: Entry = { kind: 'absent', reason: 'demand-zero' }
const pagedOut: Entry = { kind: 'absent', reason: 'paged-out' }
const tablePagedOut: Entry = { kind: 'absent', reason: 'table-absent' }
const prototypeUnknown: Entry = { kind: 'absent', reason: 'prototype' }

/**
 * Decodes an entry from its two halves (`high` is 0 where entries have 4 bytes). Pure. `prototypeItself`: the entry
 * is a prototype PTE, in which the prototype bit stands for a mapped file (reference 5.8).
 */
export const decodeEntry = (
  mode: PagingMode,
  level: Level,
  era: PteEra,
  low: number,
  high: number,
  prototypeItself = false,
): Entry => {
  if (low & valid) {
    const pfn = pageNumber(low, high, mode.physicalBits)
    const large = level.large && (mode.entries === 'arm64' ? (low & arm64Table) === 0 : (low & largePage) !== 0)
    // Rounding down also clears the PAT bit, which is the lowest bit of a large page's frame.
    return large ? { kind: 'large', pfn: pfn - (pfn % level.pagesPerEntry) } : { kind: 'next', pfn }
  }
  if (low === 0 && high === 0) return notMapped
  const leaf = level.pagesPerEntry === 1
  const hidden = era.swizzled && mode.entries === 'x86' && mode.pointerBytes === 8 && (low & swizzleBit) === 0
  const upper = hidden ? high & ~swizzleMask : high
  if (low & prototypeBit) {
    if (!leaf) return tablePagedOut
    // Behind the mask, bit 45 of the address is not known, and a wrong one would give a wrong page: not resolved.
    const address = prototypeItself || hidden ? null : prototypeAddress(mode, low, high)
    return address === null ? prototypeUnknown : { kind: 'absent', reason: 'prototype', prototype: address }
  }
  if (low & transitionBit) {
    const bits = mode.pointerBytes === 8 ? era.transitionBits : mode.physicalBits
    return { kind: 'next', pfn: pageNumber(low, upper, bits) }
  }
  const pageFileHigh = mode.entryBytes === 4 ? low >>> 12 : upper >>> 0
  if (pageFileHigh !== 0) return leaf ? pagedOut : tablePagedOut
  return leaf ? demandZero : notMapped
}

/** NX of x86's 8-byte entries (reference 5.3, 5.8) and PXN of ARM64's, both within the high half. */
const noExecute = { x86: 1 << 31, arm64: 1 << 21 } as const

/** Whether the kernel may execute what a present entry maps. One in transition does not say; 4-byte entries cannot. */
export const isExecutable = (mode: PagingMode, low: number, high: number): boolean =>
  mode.entryBytes === 4 || (low & valid) === 0 || (high & noExecute[mode.entries]) === 0

/**
 * Where the prototype PTE lies. x86 without PAE keeps an offset from the start of paged pool, whose scale the
 * reference does not tell, and of ARM64's form nothing is known: not resolved.
 */
const prototypeAddress = (mode: PagingMode, low: number, high: number): bigint | null => {
  if (mode.entryBytes === 4 || mode.entries === 'arm64') return null
  if (mode.pointerBytes === 4) return BigInt(high >>> 0)
  const address = BigInt.asUintN(64, BigInt.asIntN(48, (BigInt(high >>> 0) << 16n) | BigInt(low >>> 16)))
  // All ones: the page is described by a VAD, which only user addresses have.
  return address >> 32n === 0xffff_ffffn && (address & 0xffff_ffffn) === 0xffff_0000n ? null : address
}
