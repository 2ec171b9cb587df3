import type { PageRun, PhysicalMemory } from './physical-memory.ts'
import type { RankedBitmap } from './ranked-bitmap.ts'
import { pageBytes } from './run-memory.ts'

/**
 * Physical memory of a bitmap dump: bit n says that page n is stored, and the stored pages lie packed in ascending
 * order from `firstPageOffset` (reference 2.2). A page not wholly within `fileBytes` is beyond the file's end.
 */
export const bitmapMemory = (bitmap: RankedBitmap, firstPageOffset: number, fileBytes: number): PhysicalMemory => {
  const pagesInFile = Math.max(0, Math.floor((fileBytes - firstPageOffset) / pageBytes))
  const presentPages = Math.min(bitmap.count, pagesInFile)
  return {
    expectedPages: bitmap.count,
    presentPages,
    locate: (pfn) => {
      if (!bitmap.has(pfn)) return 'not-in-dump'
      const ordinal = bitmap.rank(pfn)
      return ordinal < presentPages ? firstPageOffset + ordinal * pageBytes : 'beyond-end-of-file'
    },
    *runs(): Iterable<PageRun> {
      let before = 0
      for (const run of bitmap.runs()) {
        const pages = Math.min(run.length, presentPages - before)
        if (pages <= 0) return
        yield { pfn: run.first, pages, fileOffset: firstPageOffset + before * pageBytes }
        before += run.length
      }
    },
  }
}
