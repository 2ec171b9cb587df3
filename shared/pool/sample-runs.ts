import type { PageRun } from '../dump/physical-memory.ts'

/** One read of the scan (see scan.ts): smaller stretches would cost as many requests for less. */
const stretchPages = 2048

/**
 * Stretches of the runs, evenly spread over all their pages and in file order, of at most `pages` pages together: a look
 * here and there into a dump that is too large to be scanned unasked. All of them when they are no more than that. Pure.
 */
export const sampleRuns = (runs: Iterable<PageRun>, presentPages: number, pages: number): PageRun[] => {
  if (pages <= 0) return []
  if (presentPages <= pages) return [...runs]
  const stretches = Math.max(1, Math.floor(pages / stretchPages))
  const length = Math.min(stretchPages, pages)
  const every = presentPages / stretches
  const sampled: PageRun[] = []
  let before = 0
  let stretch = 0
  for (const run of runs) {
    const end = before + run.pages
    while (stretch < stretches) {
      const start = Math.floor(stretch * every)
      const from = Math.max(start, before)
      const to = Math.min(start + length, end)
      if (from < to)
        sampled.push({
          pfn: run.pfn + from - before,
          pages: to - from,
          fileOffset: run.fileOffset + (from - before) * 4096,
        })
      // The rest of this stretch lies in the next run.
      if (start + length > end) break
      stretch++
    }
    if (stretch >= stretches) break
    before = end
  }
  return sampled
}
