import { type Dump, pagesBehind } from './dump.ts'
import { buildHeader, headerBytes, type MachineFacts } from './header.ts'
import { pageCount, type StoredRun } from './stored-pages.ts'

/**
 * A full dump, type 1: header, then the pages of each run without gaps (reference 2.1). Its runs are the pages the forge
 * filled and no others. A real machine of this size would fill the file with gigabytes of user memory that nobody needs
 * here; so the kernel's own count (MmNumberOfPhysicalPages, MmPhysicalMemoryBlock) stays the machine's, and the header
 * tells what the file has.
 */
export const fullDump = (facts: MachineFacts, runs: readonly StoredRun[]): Dump => {
  const requiredDumpSpace = headerBytes(facts.width) + pageCount(runs) * 4096
  return pagesBehind('full', buildHeader({ ...facts, runs, dumpType: 1, requiredDumpSpace }), runs)
}
