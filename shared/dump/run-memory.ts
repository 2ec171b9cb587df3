import type { MemoryRun } from './header-runs.ts'
import type { PageRun, PhysicalMemory } from './physical-memory.ts'

export const pageBytes = 4096

/** A run and where its pages begin, counted in stored pages. */
type PlacedRun = MemoryRun & { readonly pagesBefore: number }

/** Places the runs one after another; those that touch both in memory and in the file become one. */
const placeRuns = (listed: readonly MemoryRun[]): PlacedRun[] => {
  const placed: PlacedRun[] = []
  let pagesBefore = 0
  for (const run of listed) {
    const last = placed.at(-1)
    if (last !== undefined && last.basePage + last.pageCount === run.basePage)
      placed[placed.length - 1] = { ...last, pageCount: last.pageCount + run.pageCount }
    else placed.push({ ...run, pagesBefore })
    pagesBefore += run.pageCount
  }
  return placed
}

/**
 * Physical memory of a dump that lists runs: their pages lie one run after another from `firstPageOffset`, without
 * gaps (reference 2.1, 2.4). `listed` is in file order, which need not be ascending; runs do not overlap. A page that
 * is not wholly within `fileBytes` is beyond its end.
 */
export const runMemory = (listed: readonly MemoryRun[], firstPageOffset: number, fileBytes: number): PhysicalMemory => {
  const stored = placeRuns(listed)
  const byPage = [...stored].sort((a, b) => a.basePage - b.basePage)
  const expectedPages = stored.reduce((sum, run) => sum + run.pageCount, 0)
  const pagesInFile = Math.max(0, Math.floor((fileBytes - firstPageOffset) / pageBytes))
  const presentPages = Math.min(expectedPages, pagesInFile)

  /** The last run that begins at or before the page. */
  const runOf = (pfn: number): PlacedRun | undefined => {
    let low = 0
    let high = byPage.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (byPage[middle].basePage <= pfn) low = middle + 1
      else high = middle
    }
    return byPage[low - 1]
  }

  return {
    expectedPages,
    presentPages,
    locate: (pfn) => {
      const run = runOf(pfn)
      if (run === undefined || pfn >= run.basePage + run.pageCount) return 'not-in-dump'
      const ordinal = run.pagesBefore + pfn - run.basePage
      return ordinal < presentPages ? firstPageOffset + ordinal * pageBytes : 'beyond-end-of-file'
    },
    *runs(): Iterable<PageRun> {
      for (const run of stored) {
        const pages = Math.min(run.pageCount, presentPages - run.pagesBefore)
        if (pages <= 0) return
        yield { pfn: run.basePage, pages, fileOffset: firstPageOffset + run.pagesBefore * pageBytes }
      }
    },
  }
}
