import type { PhysicalMemory } from '../dump/physical-memory.ts'
import { pageBytes } from '../dump/run-memory.ts'

/** Pages that lie one after the other in the file, if not in memory. */
export type StoredPages = { readonly pfns: readonly number[]; readonly fileOffset: number }

/** Pages that one read of a search covers: 4 MiB. */
const chunkPages = 1024

/** The stored pages, at most `maxPages`, in large sequential pieces in the order of their runs, however short these are. */
export function* storedPages(physical: PhysicalMemory, maxPages: number): Generator<StoredPages> {
  let chunk: { readonly pfns: number[]; readonly fileOffset: number } | null = null
  let pages = 0
  for (const run of physical.runs())
    for (let page = 0; page < run.pages; page++) {
      if (pages++ >= maxPages) {
        if (chunk !== null) yield chunk
        return
      }
      const fileOffset = run.fileOffset + page * pageBytes
      const follows: boolean = chunk !== null && chunk.fileOffset + chunk.pfns.length * pageBytes === fileOffset
      if (chunk === null || !follows || chunk.pfns.length >= chunkPages) {
        if (chunk !== null) yield chunk
        chunk = { pfns: [], fileOffset }
      }
      chunk.pfns.push(run.pfn + page)
    }
  if (chunk !== null) yield chunk
}
