import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import type { PhysicalMemory } from '../dump/physical-memory.ts'
import type { Absence } from './absence.ts'
import type { Level, PagingMode } from './paging.ts'
import { decodeEntry, type Entry, isExecutable, type PteEra } from './pte.ts'

/** Where a process's (and with it the kernel's) page tables begin, and how to read them. */
export type AddressSpace = { readonly mode: PagingMode; readonly era: PteEra; readonly directoryTableBase: bigint }

/** Consecutive virtual pages, `first` counted from the range's first page: where they are, or why they are absent. */
export type Span =
  | { readonly first: number; readonly pages: number; readonly pfn: number; readonly executable: boolean }
  | { readonly first: number; readonly pages: number; readonly reason: Absence; readonly prototype?: bigint }

/** Part of the range whose entries lie in the table at this physical address. */
type Piece = { readonly first: number; readonly pages: number; readonly tablePfn: number; readonly tableOffset: number }

export type PageTables = {
  readonly space: AddressSpace
  readonly physical: PhysicalMemory
  /** Reads page tables; cached apart from everything else, since a few of them answer for whole drivers. */
  readonly source: ByteSource
}

/** Physical address of the root table without the bits that are not address (reference 5.6). */
const rootTable = ({ mode, directoryTableBase }: AddressSpace): { pfn: number; offset: number } => {
  const address = Number(BigInt.asUintN(mode.physicalBits, directoryTableBase) & -BigInt(mode.rootAlignment))
  return { pfn: Math.floor(address / 4096), offset: address % 4096 }
}

/**
 * Translates `pages` virtual pages from page number `firstPage`, level by level: each table is fetched once, all
 * tables of a level together. The spans cover the range in ascending order.
 */
export const walk = async (tables: PageTables, firstPage: number, pages: number): Promise<Span[]> => {
  const root = rootTable(tables.space)
  const spans: Span[] = []
  let pieces: Piece[] = [{ first: 0, pages, tablePfn: root.pfn, tableOffset: root.offset }]
  for (const level of tables.space.mode.levels) {
    const bytes = await Promise.all(pieces.map((piece) => readTable(tables, piece, level)))
    const next: Piece[] = []
    for (const [index, piece] of pieces.entries()) {
      const table = bytes[index]
      if (table === null) spans.push({ first: piece.first, pages: piece.pages, reason: 'table-absent' })
      else expand(tables.space, level, piece, table, firstPage, spans, next)
    }
    pieces = next
  }
  return joinSpans(spans.sort((a, b) => a.first - b.first))
}

const readTable = async (tables: PageTables, piece: Piece, level: Level): Promise<Uint8Array | null> => {
  const offset = tables.physical.locate(piece.tablePfn)
  if (typeof offset !== 'number') return null
  return tables.source.read(offset + piece.tableOffset, 2 ** level.indexBits * tables.space.mode.entryBytes)
}

/** Adds what the table says of the piece's pages: to `spans` what ends here, to `next` the tables of the next level. */
const expand = (
  { mode, era }: AddressSpace,
  level: Level,
  piece: Piece,
  table: Uint8Array,
  firstPage: number,
  spans: Span[],
  next: Piece[],
): void => {
  const view = viewOf(table)
  const leaf = level.pagesPerEntry === 1
  const end = piece.first + piece.pages
  for (let first = piece.first; first < end; ) {
    const page = firstPage + first
    const intoEntry = page % level.pagesPerEntry
    const pages = Math.min(level.pagesPerEntry - intoEntry, end - first)
    const at = (Math.floor(page / level.pagesPerEntry) % 2 ** level.indexBits) * mode.entryBytes
    const high = mode.entryBytes === 8 ? view.getUint32(at + 4, true) : 0
    const low = view.getUint32(at, true)
    const entry = decodeEntry(mode, level, era, low, high)
    if (entry.kind === 'next' && !leaf) next.push({ first, pages, tablePfn: entry.pfn, tableOffset: 0 })
    else spans.push(spanOf(entry, first, pages, intoEntry, isExecutable(mode, low, high)))
    first += pages
  }
}

const spanOf = (entry: Entry, first: number, pages: number, intoEntry: number, executable: boolean): Span =>
  entry.kind === 'absent'
    ? { first, pages, reason: entry.reason, prototype: entry.prototype }
    : { first, pages, pfn: entry.pfn + intoEntry, executable }

/** Neighbours that are one run of physical pages, or absent for one reason, become one span. */
const joinSpans = (spans: readonly Span[]): Span[] => {
  const joined: Span[] = []
  for (const span of spans) {
    const last = joined.at(-1)
    if (last !== undefined && continues(last, span))
      joined[joined.length - 1] = { ...last, pages: last.pages + span.pages }
    else joined.push(span)
  }
  return joined
}

const continues = (last: Span, span: Span): boolean =>
  'pfn' in last
    ? 'pfn' in span && last.pfn + last.pages === span.pfn && last.executable === span.executable
    : !('pfn' in span) && last.reason === span.reason && last.prototype === undefined && span.prototype === undefined
