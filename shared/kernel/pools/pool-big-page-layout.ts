import { byBuild } from './pool-tracker-layout.ts'

/**
 * POOL_TRACKER_BIG_PAGES entries by build and architecture (reference 8.7): one for each allocation of a page or more.
 * Offsets in bytes from the entry's start; Va is a pointer at 0 whose bit 0 marks a free entry.
 */
export type BigPageLayout = {
  readonly name: string
  readonly pointerBytes: 4 | 8
  readonly fromBuild: number
  readonly toBuild: number
  readonly entryBytes: number
  readonly key: number
  /** `unit` is 4096 where the field counts pages. */
  readonly size: { readonly offset: number; readonly bytes: 4 | 8; readonly unit: 1 | 4096 }
  /** How to tell paged from non-paged, or null where the entry does not say. */
  readonly pool: {
    readonly offset: number
    readonly shift: number
    readonly mask: number
    readonly form: PoolForm
  } | null
  readonly source: string
}

/** `type`: POOL_TYPE, low bit set when paged. `flags`: POOL_FLAGS of ExAllocatePool2. */
export type PoolForm = 'type' | 'flags'

const latest = Number.POSITIVE_INFINITY

/** Change with every change of a row: analyses record it. */
export const bigPageLayoutsVersion = '1'

export const bigPageLayouts: readonly BigPageLayout[] = [
  {
    name: 'x86, XP',
    pointerBytes: 4,
    fromBuild: 2600,
    toBuild: 3789,
    entryBytes: 0x0c,
    key: 4,
    size: { offset: 0x08, bytes: 4, unit: 4096 },
    pool: null,
    source: 'reference 8.7 (XP)',
  },
  {
    name: 'x86, 2003',
    pointerBytes: 4,
    fromBuild: 3790,
    toBuild: 5999,
    entryBytes: 0x10,
    key: 4,
    size: { offset: 0x08, bytes: 4, unit: 4096 },
    pool: null,
    source: 'reference 8.7 (2003 x86)',
  },
  {
    name: 'x64, 2003 and XP x64',
    pointerBytes: 8,
    fromBuild: 3790,
    toBuild: 5999,
    entryBytes: 0x18,
    key: 8,
    size: { offset: 0x0c, bytes: 4, unit: 4096 },
    pool: null,
    source: 'reference 8.7 (2003 x64)',
  },
  {
    name: 'x86, Vista to 8.1',
    pointerBytes: 4,
    fromBuild: 6000,
    toBuild: 10239,
    entryBytes: 0x10,
    key: 4,
    size: { offset: 0x0c, bytes: 4, unit: 1 },
    pool: { offset: 0x08, shift: 0, mask: 0xffffffff, form: 'type' },
    source: 'reference 8.7 (Vista to 8.1)',
  },
  {
    name: 'x64, Vista to 8.1',
    pointerBytes: 8,
    fromBuild: 6000,
    toBuild: 10239,
    entryBytes: 0x18,
    key: 8,
    size: { offset: 0x10, bytes: 8, unit: 1 },
    pool: { offset: 0x0c, shift: 0, mask: 0xffffffff, form: 'type' },
    source: 'reference 8.7 (Vista to 8.1)',
  },
  {
    name: 'x86, 10',
    pointerBytes: 4,
    fromBuild: 10240,
    toBuild: latest,
    entryBytes: 0x10,
    key: 4,
    size: { offset: 0x0c, bytes: 4, unit: 1 },
    pool: { offset: 0x08, shift: 8, mask: 0xfff, form: 'type' },
    source: 'reference 8.7 (10240 to 19041)',
  },
  {
    name: 'x64, 10',
    pointerBytes: 8,
    fromBuild: 10240,
    toBuild: 20347,
    entryBytes: 0x18,
    key: 8,
    size: { offset: 0x10, bytes: 8, unit: 1 },
    pool: { offset: 0x0c, shift: 8, mask: 0xfff, form: 'type' },
    source: 'reference 8.7 (10240 to 19041)',
  },
  {
    name: 'x64, since 20348',
    pointerBytes: 8,
    fromBuild: 20348,
    toBuild: latest,
    entryBytes: 0x20,
    key: 8,
    size: { offset: 0x10, bytes: 8, unit: 1 },
    pool: { offset: 0x0c, shift: 8, mask: 0xfff, form: 'flags' },
    source: 'reference 8.7 (26100)',
  },
]

/** The layouts a build may have: the one its number says first, then its neighbours, nearest first. */
export const bigPageLayoutsFor = (build: number, pointerBytes: 4 | 8): BigPageLayout[] =>
  byBuild(bigPageLayouts, build, pointerBytes)

const flagNonPaged = 0x40 | 0x80
const flagPaged = 0x100

/** Whether an entry's pool field says paged; null where it says neither or the layout has none. */
export const pagedOf = (layout: BigPageLayout, view: DataView, entry: number): boolean | null => {
  if (layout.pool === null) return null
  const { offset, shift, mask, form } = layout.pool
  const value = (view.getUint32(entry + offset, true) >>> shift) & mask
  if (form === 'type') return (value & 1) === 1
  if (value & flagPaged) return value & flagNonPaged ? null : true
  return value & flagNonPaged ? false : null
}
