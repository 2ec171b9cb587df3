import type { MemoryRun } from './header-runs.ts'
import type { PageRun, PhysicalMemory } from './physical-memory.ts'

export const pageBytes = 4096

/** Runs that touch become one, so that a scan reads across them. */
const joinNeighbours = (runs: readonly MemoryRun[]): MemoryRun[] => {
  const joined: MemoryRun[] = []
  for (const run of runs) {
    const last = joined.at(-1)
    if (last !== undefined && last.basePage + last.pageCount === run.basePage)
      joined[joined.length - 1] = { basePage: last.basePage, pageCount: last.pageCount + run.pageCount }
    else joined.push(run)
  }
  return joined
}

/**
 * Physical memory of a full dump: the runs' pages lie one run after another from `firstPageOffset`, without gaps
 * (reference 2.1). `runs` ascend and do not overlap. A page that is not wholly within `fileBytes` is beyond its end.
 */
export const runMemory = (listed: readonly MemoryRun[], firstPageOffset: number, fileBytes: number): PhysicalMemory => {
  const runs = joinNeighbours(listed)
  const pagesBefore: number[] = []
  let expectedPages = 0
  for (const run of runs) {
    pagesBefore.push(expectedPages)
    expectedPages += run.pageCount
  }
  const pagesInFile = Math.max(0, Math.floor((fileBytes - firstPageOffset) / pageBytes))
  const presentPages = Math.min(expectedPages, pagesInFile)

  /** The last run that begins at or before the page, or -1. */
  const runOf = (pfn: number): number => {
    let low = 0
    let high = runs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (runs[middle].basePage <= pfn) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  return {
    expectedPages,
    presentPages,
    locate: (pfn) => {
      const index = runOf(pfn)
      if (index < 0 || pfn >= runs[index].basePage + runs[index].pageCount) return 'not-in-dump'
      const ordinal = pagesBefore[index] + pfn - runs[index].basePage
      return ordinal < presentPages ? firstPageOffset + ordinal * pageBytes : 'beyond-end-of-file'
    },
    *runs(): Iterable<PageRun> {
      for (const [index, run] of runs.entries()) {
        const pages = Math.min(run.pageCount, presentPages - pagesBefore[index])
        if (pages <= 0) return
        yield { pfn: run.basePage, pages, fileOffset: firstPageOffset + pagesBefore[index] * pageBytes }
      }
    },
  }
}
