import { type Physical, pageBytes } from '../memory/physical.ts'

/** Pages that lie one after another in physical memory, and their bytes. */
export type StoredRun = { readonly base: number; readonly pages: number; readonly pieces: readonly Buffer[] }

/** The pages the forge filled as maximal runs, ascending, without those at the page numbers `left`. */
export const storedRuns = (physical: Physical, left: ReadonlySet<number>): StoredRun[] => {
  const runs: { base: number; pages: number; pieces: Buffer[] }[] = []
  const add = (pfn: number, pages: number, bytes: Buffer): void => {
    const last = runs.at(-1)
    if (last !== undefined && last.base + last.pages === pfn) {
      last.pages += pages
      last.pieces.push(bytes)
    } else runs.push({ base: pfn, pages, pieces: [bytes] })
  }
  for (const { pfn, pages, bytes } of physical.regions()) {
    let from = 0
    for (let page = 0; page <= pages; page++) {
      if (page < pages && !left.has(pfn + page)) continue
      if (page > from) add(pfn + from, page - from, bytes.subarray(from * pageBytes, page * pageBytes))
      from = page + 1
    }
  }
  return runs
}

export const pageCount = (runs: readonly { readonly pages: number }[]): number =>
  runs.reduce((sum, { pages }) => sum + pages, 0)
