/** Why a physical page cannot be read. */
export type PageAbsence = 'not-in-dump' | 'beyond-end-of-file'

/** Pages that lie one after another both in physical memory and in the file. */
export type PageRun = { readonly pfn: number; readonly pages: number; readonly fileOffset: number }

/**
 * The pages a dump holds, by page frame number (PFN, physical address / 4,096). Looking up is synchronous and
 * constant or logarithmic time; nothing is kept per page.
 */
export interface PhysicalMemory {
  /** How many pages the container says it holds, and how many of them lie within the file. */
  readonly expectedPages: number
  readonly presentPages: number
  /** The file offset of a page's first byte, or why it is absent. */
  locate(pfn: number): number | PageAbsence
  /** The pages present in the file, in file order, as maximal runs. */
  runs(): Iterable<PageRun>
}
