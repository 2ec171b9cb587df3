import { type Layout, server2003x86, seven32, seven64, wide } from './layout.ts'

/** Builds before Windows 7 that differ from Server 2003 for x86. Sections of the reference beside each part. */

/** Windows XP SP3, its pool tagging turned on by GFlags (8.3): a KDBG that ends before its structure offsets (4.3). */
export const xp: Layout = {
  ...server2003x86,
  build: 2600,
  kdbgSize: 0x290,
  // 8.2: type + 1, and nothing left of it in a free block
  poolType: { nonPaged: 1, paged: 2, lookasideNonPaged: 0, lookasidePaged: 0 },
  bigPages: { entryBytes: 0xc, key: 4, pages: 8, poolType: null, bytes: null, poolForm: 'type' },
  descriptor: { ...server2003x86.descriptor!, bytes: 0x1028, totalBytes: null, listHeads: 0x28 },
  pagedPoolInfo: { bytes: 0x40, allocatedPagedPool: 0x20 },
  pagingFile: { ...server2003x86.pagingFile, name: 0x30 },
  process: {
    ...server2003x86.process,
    bytes: 0x260,
    pid: 0x84,
    links: 0x88,
    imageName: 0x174,
    threadList: 0x190,
    activeThreads: 0x1a0,
    peb: 0x1b0,
    parentPid: 0x14c,
  },
}

/** Server 2003 and XP for x64. */
export const server2003x64: Layout = {
  ...wide,
  build: 3790,
  kdbgSize: 0x318,
  kdbgWithoutCounters: false,
  poolType: server2003x86.poolType,
  tagTables: { slots: 64, firstIsShared: true },
  bigPages: { entryBytes: 0x18, key: 8, pages: 0xc, poolType: null, bytes: null, poolForm: 'type' },
  descriptor: { ...server2003x86.descriptor!, bytes: 0x1048, totalBytes: 0x38, listHeads: 0x48 },
  pagedPoolInfo: { bytes: 0x60, allocatedPagedPool: 0x38 },
  pagingFile: { ...seven64.pagingFile, name: 0x50 },
  process: {
    bytes: 0x3e0,
    directoryTableBase: 0x28,
    pid: 0xd8,
    links: 0xe0,
    imageName: 0x268,
    threadList: 0x290,
    activeThreads: 0x2b0,
    peb: 0x2c0,
    parentPid: 0x1c8,
  },
  objectHeader: { bytes: 0x30, typeIndex: null, type: 0x10 },
  thread: { bytes: 0x400, state: 0x150, process: 0x68 },
  processor: seven64.processor,
}

/** Vista SP2 / Server 2008 SP2: the pool of Windows 7 with the descriptors of Server 2003. */
export const vista32: Layout = {
  ...seven32,
  build: 6002,
  kdbgSize: 0x330,
  descriptor: { ...server2003x86.descriptor!, bytes: 0x1034, totalBytes: 0x2c, listHeads: 0x34 },
  process: {
    ...seven32.process,
    bytes: 0x270,
    pid: 0x9c,
    links: 0xa0,
    imageName: 0x14c,
    threadList: 0x168,
    activeThreads: 0x178,
    peb: 0x188,
    parentPid: 0x124,
  },
  objectHeader: { bytes: 0x18, typeIndex: null, type: 8 },
}

export const vista64: Layout = {
  ...seven64,
  build: 6002,
  kdbgSize: 0x330,
  descriptor: server2003x64.descriptor,
  process: {
    ...seven64.process,
    bytes: 0x3e8,
    pid: 0xe0,
    links: 0xe8,
    imageName: 0x238,
    threadList: 0x260,
    activeThreads: 0x280,
    peb: 0x290,
    parentPid: 0x1d0,
  },
  objectHeader: { bytes: 0x30, typeIndex: null, type: 0x10 },
}
