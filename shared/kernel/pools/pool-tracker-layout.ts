/**
 * POOL_TRACKER_TABLE entries by build and architecture (reference 8.4). Offsets in bytes from the entry's start; the
 * key is a u32 at 0. Counts before 16299 are u32 and wrap on long-running servers.
 */
export type TrackerLayout = {
  readonly name: string
  readonly pointerBytes: 4 | 8
  readonly fromBuild: number
  readonly toBuild: number
  readonly entryBytes: number
  /** Width of the allocation and free counts, and of the byte counts. */
  readonly countBytes: 4 | 8
  readonly sizeBytes: 4 | 8
  readonly nonPaged: PoolColumns
  readonly paged: PoolColumns
  readonly source: string
}

/** Offsets of one pool's three counters. */
export type PoolColumns = { readonly allocations: number; readonly frees: number; readonly bytes: number }

const latest = Number.POSITIVE_INFINITY

/** Change with every change of a row: analyses record it. */
export const trackerLayoutsVersion = '1'

export const trackerLayouts: readonly TrackerLayout[] = [
  {
    name: 'x86, XP to 1703',
    pointerBytes: 4,
    fromBuild: 2600,
    toBuild: 16298,
    entryBytes: 0x1c,
    countBytes: 4,
    sizeBytes: 4,
    nonPaged: { allocations: 0x04, frees: 0x08, bytes: 0x0c },
    paged: { allocations: 0x10, frees: 0x14, bytes: 0x18 },
    source: 'reference 8.4 (types of XP to 15063)',
  },
  {
    name: 'x64, 2003 to 1703',
    pointerBytes: 8,
    fromBuild: 3790,
    toBuild: 16298,
    entryBytes: 0x28,
    countBytes: 4,
    sizeBytes: 8,
    nonPaged: { allocations: 0x04, frees: 0x08, bytes: 0x10 },
    paged: { allocations: 0x18, frees: 0x1c, bytes: 0x20 },
    source: 'reference 8.4 (types of 2003 to 15063)',
  },
  {
    name: 'x86, 1709 to 20H1',
    pointerBytes: 4,
    fromBuild: 16299,
    toBuild: 21291,
    entryBytes: 0x30,
    countBytes: 8,
    sizeBytes: 4,
    nonPaged: { allocations: 0x08, frees: 0x10, bytes: 0x04 },
    paged: { allocations: 0x20, frees: 0x28, bytes: 0x18 },
    source: 'reference 8.4 (types of 16299 to 19041)',
  },
  {
    name: 'x64, 1709 to 20H1',
    pointerBytes: 8,
    fromBuild: 16299,
    toBuild: 21291,
    entryBytes: 0x38,
    countBytes: 8,
    sizeBytes: 8,
    nonPaged: { allocations: 0x10, frees: 0x18, bytes: 0x08 },
    paged: { allocations: 0x28, frees: 0x30, bytes: 0x20 },
    source: 'reference 8.4 (types of 16299 to 19041); whether 20348 is this one or the next is open',
  },
  {
    name: 'x86, since 21292',
    pointerBytes: 4,
    fromBuild: 21292,
    toBuild: latest,
    entryBytes: 0x40,
    countBytes: 8,
    sizeBytes: 4,
    nonPaged: { allocations: 0x08, frees: 0x10, bytes: 0x04 },
    paged: { allocations: 0x20, frees: 0x28, bytes: 0x18 },
    source: 'reference 8.4 (types of 21292 x86)',
  },
  {
    name: 'x64, since 21292',
    pointerBytes: 8,
    fromBuild: 21292,
    toBuild: latest,
    entryBytes: 0x50,
    countBytes: 8,
    sizeBytes: 8,
    nonPaged: { allocations: 0x10, frees: 0x18, bytes: 0x08 },
    paged: { allocations: 0x28, frees: 0x30, bytes: 0x20 },
    source: 'reference 8.4 (types of 26100 x64)',
  },
]

/** The layouts a build may have: the one its number says first, then its neighbours, nearest first. */
export const trackerLayoutsFor = (build: number, pointerBytes: 4 | 8): TrackerLayout[] =>
  byBuild(trackerLayouts, build, pointerBytes)

/** Rows of a layout table for one pointer size, ordered by how far the build is from the builds they were read on. */
export const byBuild = <Row extends { pointerBytes: 4 | 8; fromBuild: number; toBuild: number }>(
  rows: readonly Row[],
  build: number,
  pointerBytes: 4 | 8,
): Row[] => {
  const distance = (row: Row) => Math.max(row.fromBuild - build, build - row.toBuild, 0)
  return rows.filter((row) => row.pointerBytes === pointerBytes).sort((a, b) => distance(a) - distance(b))
}
