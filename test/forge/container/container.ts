import { type BitmapSpec, bitmapDump, summaryDump } from './bitmap-dump.ts'
import type { Dump } from './dump.ts'
import { fullDump } from './full-dump.ts'
import type { MachineFacts } from './header.ts'
import { headerOnlyDump } from './header-only.ts'
import { type RangeSpec, rangeDump } from './range-dump.ts'
import type { StoredRun } from './stored-pages.ts'
import { type TriageFacts, triageDump } from './triage-dump.ts'

/** A way Windows or its debuggers write a dump. */
export type Container =
  | { readonly kind: 'full' | 'summary' | 'triage' | 'header-only' }
  | ({ readonly kind: 'bitmap' } & BitmapSpec)
  | ({ readonly kind: 'ranges' } & RangeSpec)

/** The containers by the names the forge knows them by; every kind of dump, and the corners of its layout. */
export const containers = {
  full: { kind: 'full' },
  summary: { kind: 'summary' },
  kernel: { kind: 'bitmap', dumpType: 2, mark: 'SDMP', firstPage: 'aligned', spareBits: 0 },
  'bitmap-full': { kind: 'bitmap', dumpType: 5, mark: 'FDMP', firstPage: 'behind', spareBits: 0 },
  active: { kind: 'bitmap', dumpType: 6, mark: 'SDMP', firstPage: 'aligned', spareBits: 61 },
  automatic: { kind: 'bitmap', dumpType: 7, mark: 'SDMP', firstPage: 'behind', spareBits: 3 },
  'live-kernel': { kind: 'ranges', dumpType: 8, spareRanges: 3 },
  'live-user': { kind: 'ranges', dumpType: 9, spareRanges: 1 },
  'live-complete': { kind: 'ranges', dumpType: 0xa, spareRanges: 5 },
  triage: { kind: 'triage' },
  'header-only': { kind: 'header-only' },
} as const satisfies Record<string, Container>

export type ContainerName = keyof typeof containers

/** Windows 8, with which the summary dump gave way to the bitmap. */
const firstBitmapBuild = 9200

/** Which containers a machine's dumps can come in: the debugger's ranges are known for 64-bit headers only. */
export const containersFor = ({ width, build }: { width: 4 | 8; build: number }): ContainerName[] =>
  (Object.keys(containers) as ContainerName[]).filter((name) => {
    const container: Container = containers[name]
    if (container.kind === 'summary') return build < firstBitmapBuild
    if (container.kind === 'bitmap') return build >= firstBitmapBuild
    if (container.kind === 'ranges') return width === 8 && build >= firstBitmapBuild
    return true
  })

/** What a container may need of a machine. */
export type Contents = {
  readonly facts: MachineFacts
  /** Ascending. */
  readonly runs: readonly StoredRun[]
  readonly triage: () => TriageFacts
}

export const writeContainer = (container: Container, { facts, runs, triage }: Contents): Dump => {
  switch (container.kind) {
    case 'full':
      return fullDump(facts, runs)
    case 'summary':
      return summaryDump(facts, runs)
    case 'bitmap':
      return bitmapDump(facts, runs, container)
    case 'ranges':
      // The debugger's ranges need not ascend: the second half comes first here.
      return rangeDump(facts, [...runs.slice(runs.length >> 1), ...runs.slice(0, runs.length >> 1)], container)
    case 'triage':
      return triageDump(facts, triage())
    case 'header-only':
      return headerOnlyDump(facts)
  }
}
