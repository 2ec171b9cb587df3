import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import { type DumpHeader, headerBytes } from './header.ts'
import { type RankedBitmap, rankedBitmap } from './ranked-bitmap.ts'

/** Where a bitmap dump's pages begin and which they are. */
export type PageBitmap = {
  readonly layout: 'bitmap' | 'legacy-summary'
  readonly firstPageOffset: number
  readonly bitmap: RankedBitmap
  /** Set when the header's own count of pages disagrees with the bitmap's: a full sentence. */
  readonly note: string | null
}

type Candidate = {
  readonly layout: PageBitmap['layout']
  readonly firstPageOffset: number
  readonly pages: number
  readonly bits: number
  readonly bitmapOffset: number
}

/** 8 TiB of pages (KR's limit, reference 2.3); a header that claims more is not one. The bitmap must lie within the file. */
const maxBits = 2 ** 31
/** Windows 8, with which the layout changed (reference 2.3). */
const firstBuildOfNewLayout = 9200
const fixedBytes = 0x38

/** The header at 0x1000 / 0x2000 read as the layout of Windows 8 and later (reference 2.2). */
const newLayout = (view: DataView, start: number): Candidate => ({
  layout: 'bitmap',
  firstPageOffset: Number(view.getBigUint64(0x20, true)),
  pages: Number(view.getBigUint64(0x28, true)),
  bits: Number(view.getBigUint64(0x30, true)),
  bitmapOffset: start + 0x38,
})

/** The same bytes as the summary dump before Windows 8 (reference 2.3); the 64-bit place of the bitmap is uncertain. */
const oldLayout = (view: DataView, start: number, header: DumpHeader): Candidate | null =>
  view.getUint32(0x10, true) === view.getUint32(0x18, true)
    ? {
        layout: 'legacy-summary',
        firstPageOffset: view.getUint32(0xc, true),
        pages: view.getUint32(0x14, true),
        bits: view.getUint32(0x10, true),
        bitmapOffset: start + (header.bits === 32 ? 0x20 : 0x28),
      }
    : null

/**
 * The first page follows the bitmap, aligned to a page or not: one published dump has its first page straight behind
 * the bitmap at 0xa038, so alignment (reference 2.2, LC) is no test.
 */
const plausible = (candidate: Candidate, fileBytes: number): boolean => {
  const bitmapEnd = candidate.bitmapOffset + Math.ceil(candidate.bits / 8)
  return (
    candidate.bits > 0 &&
    candidate.bits <= maxBits &&
    candidate.pages <= candidate.bits &&
    Number.isSafeInteger(candidate.firstPageOffset) &&
    candidate.firstPageOffset >= bitmapEnd &&
    bitmapEnd <= fileBytes
  )
}

/**
 * Reads the page bitmap behind the header of an `SDMP` or `FDMP` dump. Which of the two layouts it has is told by
 * which one's count of pages agrees with its bitmap, the build number breaking a tie. Null when neither is possible,
 * or the file ends inside the bitmap.
 */
export const readPageBitmap = async (source: ByteSource, header: DumpHeader): Promise<PageBitmap | null> => {
  const start = headerBytes(header.bits)
  if (source.size < start + fixedBytes) return null
  const view = viewOf(await source.read(start, fixedBytes))
  const isNew = header.build >= firstBuildOfNewLayout
  const candidates = [newLayout(view, start), oldLayout(view, start, header)]
    .filter((candidate) => candidate !== null)
    .filter((candidate) => plausible(candidate, source.size))
    .sort((a, b) => Number((b.layout === 'bitmap') === isNew) - Number((a.layout === 'bitmap') === isNew))

  const read: { candidate: Candidate; bitmap: RankedBitmap }[] = []
  for (const candidate of candidates) {
    const bytes = await source.read(candidate.bitmapOffset, Math.ceil(candidate.bits / 8))
    read.push({ candidate, bitmap: rankedBitmap(bytes, candidate.bits) })
  }
  const agreeing = read.find(({ candidate, bitmap }) => bitmap.count === candidate.pages)
  // With two possible layouts and neither confirmed, choosing one could shift every page of the dump.
  const chosen = agreeing ?? (read.length === 1 ? read[0] : undefined)
  if (chosen === undefined) return null
  return {
    layout: chosen.candidate.layout,
    firstPageOffset: chosen.candidate.firstPageOffset,
    bitmap: chosen.bitmap,
    note:
      agreeing === undefined
        ? `The header claims ${chosen.candidate.pages} stored pages; its bitmap marks ${chosen.bitmap.count}.`
        : null,
  }
}
