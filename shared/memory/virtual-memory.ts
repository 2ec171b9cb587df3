import type { PageAbsence } from '../dump/physical-memory.ts'

/**
 * Why a virtual byte cannot be read: the page tables say so (`not-mapped`, `paged-out`, `demand-zero`, `prototype`),
 * a page table itself is absent, or the page is mapped and not in the file.
 */
export type Absence = PageAbsence | 'not-mapped' | 'paged-out' | 'demand-zero' | 'prototype' | 'table-absent'

/** A hole in a range: `offset` and `length` in bytes from the range's start. */
export type Gap = { readonly offset: number; readonly length: number; readonly reason: Absence }

/** Bytes of a virtual range. Absent bytes are zero in `bytes` and listed in `gaps`, ascending, never overlapping. */
export type VirtualRange = { readonly address: bigint; readonly bytes: Uint8Array; readonly gaps: readonly Gap[] }

export type Translation =
  | { readonly present: true; readonly pfn: number; readonly pageOffset: number; readonly fileOffset: number }
  | { readonly present: false; readonly reason: Absence; readonly pfn?: number }

/**
 * Kernel virtual memory as the dump's page tables map it. Addresses are unsigned: x86 ones below 2^32, x64 ones
 * sign-extended into 64 bits (0xfffff800…). A missing page is a value, never an exception.
 */
export interface VirtualMemory {
  readonly pointerBytes: 4 | 8
  translate(address: bigint): Promise<Translation>
  /** The whole range in one walk. Ranges over 256 MiB are refused with a TaggedError `range-too-large`. */
  read(address: bigint, length: number): Promise<VirtualRange>
}
