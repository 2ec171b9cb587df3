import type { Physical } from '../memory/physical.ts'
import { buildHeader, type HeaderFacts, headerBytes } from './header.ts'

export type PhysicalRun = { readonly base: number; readonly pages: number }

/** A dump as the pieces it is written in. */
export type Dump = { readonly bytes: number; readonly runs: readonly PhysicalRun[]; readonly pieces: readonly Buffer[] }

/** Regions that touch each other are one run. */
export const runsOf = (physical: Physical): PhysicalRun[] => {
  const runs: { base: number; pages: number }[] = []
  for (const { pfn, pages } of physical.regions()) {
    const last = runs.at(-1)
    if (last !== undefined && last.base + last.pages === pfn) last.pages += pages
    else runs.push({ base: pfn, pages })
  }
  return runs
}

/**
 * A full dump, type 1: header, then the pages of each run without gaps (reference 2.1). Its runs are the pages the forge
 * filled and no others. A real machine of this size would fill the file with gigabytes of user memory that nobody needs
 * here; so the kernel's own count (MmNumberOfPhysicalPages, MmPhysicalMemoryBlock) stays the machine's, and the header
 * tells what the file has.
 */
export const fullDump = (
  physical: Physical,
  facts: Omit<HeaderFacts, 'runs' | 'dumpType' | 'requiredDumpSpace'>,
): Dump => {
  const runs = runsOf(physical)
  const pages = runs.reduce((sum, run) => sum + run.pages, 0)
  const bytes = headerBytes(facts.width) + pages * 4096
  const header = buildHeader({ ...facts, runs, dumpType: 1, requiredDumpSpace: bytes })
  return { bytes, runs, pieces: [header, ...physical.regions().map((region) => region.bytes)] }
}
