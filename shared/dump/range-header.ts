import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import { type DumpHeader, headerBytes } from './header.ts'
import type { MemoryRun } from './header-runs.ts'

/** The page ranges of an `RDMP` dump, in the order in which their pages are stored. */
export type PageRanges = { readonly firstPageOffset: number; readonly ranges: readonly MemoryRun[] }

const fixedBytes = 0x30
const rangeBytes = 16
/** 2^22 ranges are 64 MiB of metadata: more than any machine's memory map has, and still read in one piece. */
const maxRanges = 2 ** 22
const maxPage = 2 ** 40
/** Dump type A (complete memory) tells how many pages there are; 8 and 9 end with a range at PFN 0 (reference 2.4). */
const dumpTypeComplete = 0xa

/**
 * Reads the range list of a dump that the debugger wrote (`.dump /f`, `/k`, `/ka`; reference 2.4). Null when the
 * header contradicts itself, ranges overlap or reach beyond any physical address.
 */
export const readPageRanges = async (source: ByteSource, header: DumpHeader): Promise<PageRanges | null> => {
  const start = headerBytes(header.bits)
  if (source.size < start + fixedBytes) return null
  const view = viewOf(await source.read(start, fixedBytes))
  const metadataBytes = Number(view.getBigUint64(0x10, true))
  const firstPageOffset = Number(view.getBigUint64(0x18, true))
  // Sanity check of reference 2.4: both say where the metadata ends, counted from 0x20 and from the file's start.
  if (metadataBytes - 0x20 !== firstPageOffset - (start + 0x40) || firstPageOffset > source.size) return null
  const slots = Math.floor((firstPageOffset - start - fixedBytes) / rangeBytes)
  if (slots <= 0 || slots > maxRanges) return null

  const complete = header.dumpType === dumpTypeComplete
  const totalPages = complete ? Number(view.getBigUint64(0x28, true)) : Number.POSITIVE_INFINITY
  const list = viewOf(await source.read(start + fixedBytes, slots * rangeBytes))
  const ranges: MemoryRun[] = []
  let pages = 0
  for (let index = 0; index < slots && pages < totalPages; index++) {
    const basePage = Number(list.getBigUint64(index * rangeBytes, true))
    const pageCount = Number(list.getBigUint64(index * rangeBytes + 8, true))
    if (pageCount === 0 || (!complete && basePage === 0)) break
    if (basePage + pageCount > maxPage) return null
    ranges.push({ basePage, pageCount })
    pages += pageCount
  }
  const sorted = [...ranges].sort((a, b) => a.basePage - b.basePage)
  const overlap = sorted.some(
    (range, index) => index > 0 && range.basePage < sorted[index - 1].basePage + sorted[index - 1].pageCount,
  )
  return ranges.length === 0 || overlap ? null : { firstPageOffset, ranges }
}
