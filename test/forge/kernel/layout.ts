import type { Width } from '../words.ts'

/** One pool's counters within a tracker entry. */
export type TrackerCounters = { readonly allocations: number; readonly frees: number; readonly bytes: number }

/** Where a POOL_DESCRIPTOR keeps what (reference 8.8). */
export type DescriptorLayout = {
  readonly bytes: number
  readonly poolIndex: number
  readonly runningAllocs: number
  readonly runningFrees: number
  readonly totalPages: number
  readonly totalBigPages: number
  /** Null on XP, which does not count them. */
  readonly totalBytes: number | null
  readonly listHeads: number
  /** Since 14393 pages and bytes given back are counted apart, all of them in 64 bits. */
  readonly givenBack: { readonly pages: number; readonly bigPages: number; readonly bytes: number } | null
}

/** How one build lays out what the forge writes. Offsets and sizes in bytes. */
export type Layout = {
  readonly build: number
  readonly width: Width
  readonly kdbgSize: number
  /** The memory manager keeps its counters in structures of its own, and KDBG's slots for them are 0 (reference 4.2). */
  readonly kdbgWithoutCounters: boolean
  readonly poolHeader: { readonly bytes: number; readonly unit: number }
  /** PoolType field of an allocated block; of a freed block that still sits on a look-aside list, 0 where none is kept. */
  readonly poolType: {
    readonly nonPaged: number
    readonly paged: number
    readonly lookasideNonPaged: number
    readonly lookasidePaged: number
  }
  readonly tracker: {
    readonly entryBytes: number
    readonly countBytes: 4 | 8
    readonly nonPaged: TrackerCounters
    readonly paged: TrackerCounters
  }
  /** Whether processor 0 counts in PoolTrackTable itself, or that table holds the keys alone (reference 8.5). */
  readonly tagTables: { readonly slots: number; readonly firstIsShared: boolean }
  readonly bigPages: {
    readonly entryBytes: number
    readonly key: number
    /** Server 2003 counts pages; Vista and later have the pool type and count bytes. */
    readonly pages: number | null
    readonly poolType: number | null
    readonly bytes: number | null
    /** How a u32 tells the pool: by POOL_TYPE, by POOL_TYPE from bit 8, or by the flags of ExAllocatePool2 from bit 8. */
    readonly poolForm: 'type' | 'packed-type' | 'packed-flags'
  }
  /** Null since 19041, which has none. */
  readonly descriptor: DescriptorLayout | null
  readonly pagedPoolInfo: { readonly bytes: number; readonly allocatedPagedPool: number }
  readonly pagingFile: {
    readonly bytes: number
    readonly size: number
    readonly maximum: number
    readonly minimum: number
    readonly free: number
    readonly name: number
  }
  readonly moduleEntry: {
    readonly bytes: number
    readonly dllBase: number
    readonly entryPoint: number
    readonly sizeOfImage: number
    readonly fullName: number
    readonly baseName: number
    readonly flags: number
    readonly loadCount: number
    readonly checkSum: number
    readonly timestamp: number
  }
  readonly unloaded: { readonly bytes: number; readonly start: number; readonly end: number; readonly time: number }
  readonly process: {
    readonly bytes: number
    readonly directoryTableBase: number
    readonly pid: number
    readonly links: number
    readonly imageName: number
    readonly threadList: number
    readonly activeThreads: number
    readonly peb: number
    readonly parentPid: number
  }
  readonly objectHeader: { readonly bytes: number; readonly typeIndex: number | null; readonly type: number | null }
  readonly thread: { readonly bytes: number; readonly state: number; readonly process: number }
  readonly processor: {
    readonly bytes: number
    /** Where the PRCB lies in its PCR. */
    readonly inPcr: number
    /** In the PCR: its own address, and its PRCB's. */
    readonly pcrSelf: number
    readonly pcrCurrentPrcb: number
    readonly number: number
    readonly currentThread: number
    readonly idleThread: number
    readonly specialRegisters: number
    readonly context: number
  }
}

/** What the layouts of one width share, whatever the build. */
export const narrow = {
  width: 4,
  poolHeader: { bytes: 8, unit: 8 },
  tracker: {
    // reference 8.4, XP to 10 1703
    entryBytes: 0x1c,
    countBytes: 4,
    nonPaged: { allocations: 4, frees: 8, bytes: 0xc },
    paged: { allocations: 0x10, frees: 0x14, bytes: 0x18 },
  },
  unloaded: { bytes: 0x18, start: 8, end: 0xc, time: 0x10 }, // reference 6.4
  moduleEntry: {
    // reference 6.1
    bytes: 0x50,
    dllBase: 0x18,
    entryPoint: 0x1c,
    sizeOfImage: 0x20,
    fullName: 0x24,
    baseName: 0x2c,
    flags: 0x34,
    loadCount: 0x38,
    checkSum: 0x40,
    timestamp: 0x44,
  },
} as const

export const wide = {
  width: 8,
  poolHeader: { bytes: 16, unit: 16 },
  tracker: {
    entryBytes: 0x28,
    countBytes: 4,
    nonPaged: { allocations: 4, frees: 8, bytes: 0x10 },
    paged: { allocations: 0x18, frees: 0x1c, bytes: 0x20 },
  },
  unloaded: { bytes: 0x28, start: 0x10, end: 0x18, time: 0x20 },
  moduleEntry: {
    bytes: 0xa0,
    dllBase: 0x30,
    entryPoint: 0x38,
    sizeOfImage: 0x40,
    fullName: 0x48,
    baseName: 0x58,
    flags: 0x68,
    loadCount: 0x6c,
    checkSum: 0x78,
    timestamp: 0x80,
  },
} as const

/** Reference 8.2, Vista and later: type | 2 in use, no +1; a free block is 0. */
export const vistaPoolType = { nonPaged: 2, paged: 3, lookasideNonPaged: 0, lookasidePaged: 0 } as const

/** Reference 8.8, "7 – 10586, both". */
export const sevenDescriptor = {
  bytes: 0x1140,
  poolIndex: 0x80,
  runningAllocs: 0x40,
  runningFrees: 0x44,
  totalPages: 0xc0,
  totalBigPages: 0x48,
  totalBytes: 0x50,
  listHeads: 0x140,
  givenBack: null,
} as const

/** Windows Server 2003 SP1/SP2, x86. Sections of the reference beside each part. */
export const server2003x86: Layout = {
  ...narrow,
  build: 3790,
  kdbgSize: 0x318, // 4.3
  kdbgWithoutCounters: false,
  // 8.2: (type + 1) | 4; on a look-aside list the in-use bit is clear and the rest remains
  poolType: { nonPaged: 5, paged: 6, lookasideNonPaged: 1, lookasidePaged: 2 },
  tagTables: { slots: 32, firstIsShared: true }, // 8.5
  bigPages: { entryBytes: 0x10, key: 4, pages: 8, poolType: null, bytes: null, poolForm: 'type' }, // 8.7
  descriptor: {
    // 8.8
    bytes: 0x1030,
    poolIndex: 4,
    runningAllocs: 8,
    runningFrees: 0xc,
    totalPages: 0x10,
    totalBigPages: 0x14,
    totalBytes: 0x28,
    listHeads: 0x30,
    givenBack: null,
  },
  pagedPoolInfo: { bytes: 0x40, allocatedPagedPool: 0x1c },
  pagingFile: { bytes: 0x48, size: 0, maximum: 4, minimum: 8, free: 0xc, name: 0x28 }, // 9.1
  process: {
    // 11.4; Peb and ParentCID are not in the reference for this build
    bytes: 0x278,
    directoryTableBase: 0x18,
    pid: 0x94,
    links: 0x98,
    imageName: 0x164,
    threadList: 0x180,
    activeThreads: 0x190,
    peb: 0x1a0,
    parentPid: 0x128,
  },
  objectHeader: { bytes: 0x18, typeIndex: null, type: 8 }, // 11.1
  thread: { bytes: 0x260, state: 0x4c, process: 0x38 },
  processor: {
    bytes: 0xc48,
    inPcr: 0x120,
    pcrSelf: 0x1c,
    pcrCurrentPrcb: 0x20,
    number: 0x10,
    currentThread: 4,
    idleThread: 0xc,
    specialRegisters: 0x2e8,
    context: 0x1c,
  },
}

/** Windows 7 SP1 / Server 2008 R2 SP1 generation, x86 with PAE. */
export const seven32: Layout = {
  ...narrow,
  build: 7601,
  kdbgSize: 0x340,
  kdbgWithoutCounters: false,
  poolType: vistaPoolType,
  tagTables: { slots: 32, firstIsShared: true },
  bigPages: { entryBytes: 0x10, key: 4, pages: null, poolType: 8, bytes: 0xc, poolForm: 'type' },
  descriptor: sevenDescriptor,
  pagedPoolInfo: { bytes: 0x60, allocatedPagedPool: 0x34 },
  pagingFile: { bytes: 0x50, size: 0, maximum: 4, minimum: 8, free: 0xc, name: 0x24 },
  process: {
    bytes: 0x2c0,
    directoryTableBase: 0x18,
    pid: 0xb4,
    links: 0xb8,
    imageName: 0x16c,
    threadList: 0x188,
    activeThreads: 0x198,
    peb: 0x1a8,
    parentPid: 0x140,
  },
  objectHeader: { bytes: 0x18, typeIndex: 0xc, type: null },
  thread: { bytes: 0x2b8, state: 0x68, process: 0x50 },
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

/** Windows 7 SP1 / Server 2008 R2 SP1, x64. */
export const seven64: Layout = {
  ...wide,
  build: 7601,
  kdbgSize: 0x340,
  kdbgWithoutCounters: false,
  poolType: vistaPoolType,
  tagTables: { slots: 64, firstIsShared: true },
  bigPages: { entryBytes: 0x18, key: 8, pages: null, poolType: 0xc, bytes: 0x10, poolForm: 'type' },
  descriptor: sevenDescriptor,
  pagedPoolInfo: { bytes: 0x90, allocatedPagedPool: 0x60 },
  pagingFile: { bytes: 0x90, size: 0, maximum: 8, minimum: 0x10, free: 0x18, name: 0x48 },
  process: {
    bytes: 0x4d0,
    directoryTableBase: 0x28,
    pid: 0x180,
    links: 0x188,
    imageName: 0x2e0,
    threadList: 0x308,
    activeThreads: 0x328,
    peb: 0x338,
    parentPid: 0x290,
  },
  objectHeader: { bytes: 0x30, typeIndex: 0x18, type: null },
  thread: { bytes: 0x498, state: 0x164, process: 0x70 },
  processor: {
    bytes: 0x4d00,
    inPcr: 0x180,
    pcrSelf: 0x18,
    pcrCurrentPrcb: 0x20,
    number: 4,
    currentThread: 8,
    idleThread: 0x18,
    specialRegisters: 0x40,
    context: 0x120,
  },
}
