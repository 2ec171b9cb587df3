import { type DescriptorLayout, type Layout, narrow, sevenDescriptor, vistaPoolType, wide } from './layout.ts'

/**
 * Builds after Windows 7, for small machines that show how formats changed. Sections of the reference beside each part.
 * Pool pages are still written as the classic pool lays them out, also for builds whose pool is a segment heap: those chain
 * their headers otherwise (8.9), and no source tells enough to write them. Where the reference knows a structure for some
 * builds only, a neighbour's offsets stand in; KDBG tells the reader which they are.
 */

/** 8.8, 14393 to 17763. */
const countedBack: DescriptorLayout = {
  bytes: 0x1140,
  poolIndex: 0xc0,
  runningAllocs: 0x40,
  runningFrees: 0x80,
  totalPages: 0x48,
  totalBigPages: 0x50,
  totalBytes: 0x58,
  listHeads: 0x140,
  givenBack: { pages: 0x88, bigPages: 0x90, bytes: 0x98 },
}

/** 8.4, 16299 to 19041, and from 21292 on with the limits behind. */
const wideTracker = {
  entryBytes: 0x38,
  countBytes: 8,
  nonPaged: { allocations: 0x10, frees: 0x18, bytes: 8 },
  paged: { allocations: 0x28, frees: 0x30, bytes: 0x20 },
} as const
const limitedTracker = { ...wideTracker, entryBytes: 0x50 } as const
const narrowTracker = {
  entryBytes: 0x30,
  countBytes: 8,
  nonPaged: { allocations: 8, frees: 0x10, bytes: 4 },
  paged: { allocations: 0x20, frees: 0x28, bytes: 0x18 },
} as const

/** 8.7: Vista to 8.1, 10, and since 20348. */
const vistaBigPages = { entryBytes: 0x18, key: 8, pages: null, poolType: 0xc, bytes: 0x10, poolForm: 'type' } as const
const tenBigPages = { ...vistaBigPages, poolForm: 'packed-type' } as const
const elevenBigPages = { ...tenBigPages, entryBytes: 0x20, poolForm: 'packed-flags' } as const

/** 6.1: KLDR_DATA_TABLE_ENTRY of Windows 10 and later. */
const tenEntry64 = { ...wide.moduleEntry, timestamp: 0x9c } as const
const tenEntry32 = { ...narrow.moduleEntry, bytes: 0x5c, timestamp: 0x58 } as const

/** 9.1 knows them up to 19041; later ones are not read by anybody without symbols. */
const pagingFile64 = { bytes: 0x100, size: 0, maximum: 8, minimum: 0x10, free: 0x18, name: 0x60 } as const

const thread64 = { bytes: 0x600, state: 0x184, process: 0xb8 } as const
const objectHeader64 = { bytes: 0x30, typeIndex: 0x18, type: null } as const
const processor64 = {
  bytes: 0x4d00,
  inPcr: 0x180,
  pcrSelf: 0x18,
  pcrCurrentPrcb: 0x20,
  number: 4,
  currentThread: 8,
  idleThread: 0x18,
  specialRegisters: 0x100, // 4.2, 19041
  context: 0x120,
} as const

/** 11.4. */
const process64 = (
  bytes: number,
  [pid, links, imageName, threadList, activeThreads]: readonly [number, number, number, number, number],
  peb: number,
  parentPid: number,
): Layout['process'] => ({
  bytes,
  directoryTableBase: 0x28,
  pid,
  links,
  imageName,
  threadList,
  activeThreads,
  peb,
  parentPid,
})
const eightPlaces = [0x2e0, 0x2e8, 0x438, 0x470, 0x480] as const
const tenPlaces = [0x2e0, 0x2e8, 0x450, 0x488, 0x498] as const
const vibraniumPlaces = [0x440, 0x448, 0x5a8, 0x5e0, 0x5f0] as const
const germaniumPlaces = [0x1d0, 0x1d8, 0x338, 0x370, 0x380] as const

/** What no build from 8.1 on changed, and Windows 10's answer to the rest. */
const common64 = {
  ...wide,
  kdbgWithoutCounters: true,
  poolType: vistaPoolType,
  tagTables: { slots: 2048, firstIsShared: false },
  bigPages: tenBigPages,
  moduleEntry: tenEntry64,
  descriptor: null,
  pagedPoolInfo: { bytes: 0x90, allocatedPagedPool: 0x10 },
  pagingFile: pagingFile64,
  objectHeader: objectHeader64,
  thread: thread64,
  processor: processor64,
} as const

/** Windows 8.1 Update / Server 2012 R2. Whether its KDBG still tells the counters is in no source: here it does. */
export const eightOne64: Layout = {
  ...common64,
  build: 9600,
  kdbgSize: 0x360,
  kdbgWithoutCounters: false,
  bigPages: vistaBigPages,
  moduleEntry: wide.moduleEntry,
  descriptor: sevenDescriptor,
  pagedPoolInfo: { bytes: 0x90, allocatedPagedPool: 0x60 },
  process: process64(0x6d8, eightPlaces, 0x3e8, 0x3e0),
}

/** Windows 10 1703: the last with counters of 32 bits. */
export const creators64: Layout = {
  ...common64,
  build: 15063,
  kdbgSize: 0x368,
  descriptor: countedBack,
  pagedPoolInfo: { bytes: 0x90, allocatedPagedPool: 0x30 },
  process: process64(0x818, tenPlaces, 0x3f8, 0x3e0),
}

/** Windows 10 1809 / Server 2019: the last classic pool, the first masked page-table entries. */
export const redstone64: Layout = {
  ...creators64,
  build: 17763,
  kdbgSize: 0x380,
  tracker: wideTracker,
  process: process64(0x850, tenPlaces, 0x3f8, 0x3e0),
}

/** Windows 10 2004. */
export const vibranium64: Layout = {
  ...common64,
  build: 19041,
  kdbgSize: 0x380,
  tracker: wideTracker,
  process: process64(0xa40, vibraniumPlaces, 0x550, 0x540),
}

/** Windows 11 22H2. */
export const nickel64: Layout = {
  ...vibranium64,
  build: 22621,
  kdbgSize: 0x3a0,
  tracker: limitedTracker,
  bigPages: elevenBigPages,
}

/** Windows 11 24H2 / Server 2025. */
export const germanium64: Layout = {
  ...nickel64,
  build: 26100,
  process: process64(0x840, germaniumPlaces, 0x2e0, 0x2d0),
}

/** ARM64 has its processor's registers elsewhere, and threads and processes of other sizes (4.2, 11.4). */
const onArm = (layout: Layout): Layout => ({
  ...layout,
  thread: { bytes: 0x600, state: 0x17c, process: 0xb0 },
  processor: { ...processor64, specialRegisters: 0x40 },
})

export const cobaltArm64: Layout = {
  ...onArm(nickel64),
  build: 22000,
  kdbgSize: 0x380,
  process: process64(0xc80, vibraniumPlaces, 0x508, 0x4f8),
}
export const germaniumArm64: Layout = onArm(germanium64)

/** Windows 10 1809 for x86, where 32 bits have moved everything else as well. */
export const redstone32: Layout = {
  ...narrow,
  build: 17763,
  kdbgSize: 0x380,
  kdbgWithoutCounters: true,
  poolType: vistaPoolType,
  tracker: narrowTracker,
  tagTables: { slots: 32, firstIsShared: false },
  bigPages: { entryBytes: 0x10, key: 4, pages: null, poolType: 8, bytes: 0xc, poolForm: 'packed-type' },
  moduleEntry: tenEntry32,
  descriptor: null,
  pagedPoolInfo: { bytes: 0x60, allocatedPagedPool: 0x18 },
  pagingFile: { bytes: 0x80, size: 0, maximum: 4, minimum: 8, free: 0xc, name: 0x30 },
  process: {
    bytes: 0x408,
    directoryTableBase: 0x18,
    pid: 0xb4,
    links: 0xb8,
    imageName: 0x17c,
    threadList: 0x1a0,
    activeThreads: 0x1a8,
    peb: 0x144,
    parentPid: 0x140,
  },
  objectHeader: { bytes: 0x18, typeIndex: 0xc, type: null },
  thread: { bytes: 0x3b8, state: 0x90, process: 0x70 },
  processor: {
    bytes: 0x3628,
    inPcr: 0x120,
    pcrSelf: 0x1c,
    pcrCurrentPrcb: 0x20,
    number: 0x10,
    currentThread: 4,
    idleThread: 0xc,
    specialRegisters: 0x2e4,
    context: 0x18,
  },
}
