import { cachedSource } from '../bytes/cached-source.ts'
import { type Piece, readPieces } from '../bytes/read-plan.ts'
import type { ByteSource } from '../bytes/source.ts'
import { TaggedError } from '../bytes/tagged-error.ts'
import type { PhysicalMemory } from '../dump/physical-memory.ts'
import { pageBytes } from '../dump/run-memory.ts'
import type { Absence } from './absence.ts'
import type { PagingMode } from './paging.ts'
import { resolvePrototypes } from './prototypes.ts'
import { type AddressSpace, type PageTables, type Span, walk } from './walk.ts'

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
  /**
   * How the page tables map `pages` pages from a page's address on: the whole of it, in ascending order. Not there
   * where memory has no page tables.
   */
  spans?(address: bigint, pages: number): Promise<readonly Span[]>
}

const maxRangeBytes = 256 * 1024 * 1024

/** Throws `range-too-large` for more bytes than one read gives. */
export const assertRange = (address: bigint, length: number): void => {
  if (length > maxRangeBytes)
    throw new TaggedError(
      'range-too-large',
      `A range of ${length} bytes at 0x${address.toString(16)} was asked for; at most ${maxRangeBytes} are read at once.`,
      'Read it in parts.',
    )
}

/** Page tables kept at hand: the leaf tables of 4 GiB of x64 address space. */
const tableCacheBytes = 8 * 1024 * 1024

/** The memory that the page tables of `space` map, read through `source`. */
export const virtualMemory = (source: ByteSource, physical: PhysicalMemory, space: AddressSpace): VirtualMemory => {
  const { mode } = space
  const tables: PageTables = {
    space,
    physical,
    source: cachedSource(source, { blockBytes: pageBytes, maxBytes: tableCacheBytes }),
  }

  const spansOf = async (address: bigint, pages: number): Promise<Span[]> => {
    const mapped = mappablePages(mode, address, pages)
    const spans = mapped === 0 ? [] : await walk(tables, pageNumber(mode, address), mapped)
    const resolved = await resolvePrototypes(tables, spans)
    return mapped < pages
      ? [...resolved, { first: mapped, pages: pages - mapped, reason: 'not-mapped' as const }]
      : resolved
  }

  return {
    pointerBytes: mode.pointerBytes,
    spans: spansOf,
    translate: async (address) => {
      const [span] = await spansOf(address, 1)
      if (!('pfn' in span)) return { present: false, reason: span.reason }
      const fileOffset = physical.locate(span.pfn)
      const pageOffset = Number(address & 0xfffn)
      return typeof fileOffset === 'number'
        ? { present: true, pfn: span.pfn, pageOffset, fileOffset: fileOffset + pageOffset }
        : { present: false, reason: fileOffset, pfn: span.pfn }
    },
    read: async (address, length) => {
      assertRange(address, length)
      const bytes = new Uint8Array(length)
      if (length === 0) return { address, bytes, gaps: [] }
      const intoPage = Number(address & 0xfffn)
      const spans = await spansOf(address, Math.ceil((intoPage + length) / pageBytes))
      const { pieces, gaps } = layOut(physical, spans, intoPage, length)
      await readPieces(source, pieces, bytes)
      return { address, bytes, gaps }
    },
  }
}

/** How many pages from the address on can be mapped at all: none of a non-canonical one, none past the top. */
const mappablePages = (mode: PagingMode, address: bigint, pages: number): number => {
  const top = 1n << BigInt(mode.pointerBytes * 8)
  const half = 1n << BigInt(mode.addressBits - 1)
  const canonical = mode.pointerBytes === 4 || address < half || address >= top - half
  if (address < 0n || address >= top || !canonical) return 0
  const end = mode.pointerBytes === 8 && address < half ? half : top
  const left = (end - (address & ~0xfffn)) >> 12n
  return left < BigInt(pages) ? Number(left) : pages
}

const pageNumber = (mode: PagingMode, address: bigint): number =>
  Number(BigInt.asUintN(mode.addressBits, address) >> 12n)

/** Which pieces of the file make up the range, and its holes. Pure. */
const layOut = (
  physical: PhysicalMemory,
  spans: readonly Span[],
  intoPage: number,
  length: number,
): { pieces: Piece[]; gaps: Gap[] } => {
  const pieces: { fileOffset: number; length: number; target: number }[] = []
  const gaps: { offset: number; length: number; reason: Absence }[] = []
  const add = (firstByte: number, bytes: number, where: number | Absence): void => {
    const start = Math.max(0, firstByte)
    const end = Math.min(length, firstByte + bytes)
    if (typeof where === 'number') {
      const fileOffset = where + start - firstByte
      const last = pieces.at(-1)
      if (last !== undefined && last.target + last.length === start && last.fileOffset + last.length === fileOffset)
        last.length += end - start
      else pieces.push({ fileOffset, length: end - start, target: start })
      return
    }
    const last = gaps.at(-1)
    if (last !== undefined && last.offset + last.length === start && last.reason === where) last.length += end - start
    else gaps.push({ offset: start, length: end - start, reason: where })
  }
  for (const span of spans) {
    const firstByte = span.first * pageBytes - intoPage
    if (!('pfn' in span)) add(firstByte, span.pages * pageBytes, span.reason)
    else
      for (let page = 0; page < span.pages; page++)
        add(firstByte + page * pageBytes, pageBytes, physical.locate(span.pfn + page))
  }
  return { pieces, gaps }
}
