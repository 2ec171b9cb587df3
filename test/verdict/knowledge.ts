import type { Importer, ImporterKind } from '../../shared/analysis/importer.ts'
import type { MemoryUsage } from '../../shared/analysis/memory-usage.ts'
import type { Module } from '../../shared/analysis/module.ts'
import type { TagUsage } from '../../shared/analysis/pool-usage.ts'
import type { TagContents } from '../../shared/pool/contents.ts'
import type { ImportSearch, Knowledge } from '../../shared/verdict/knowledge.ts'

/** Hand-made knowledge for tests of the verdict: a 32-bit server with its NonPagedPool nearly full of `None`. */
export const module = (name: string, base: string): Module => ({
  name,
  path: null,
  base,
  size: 0x8000,
  timestamp: null,
  checksum: null,
  pdb: null,
  listed: true,
  readBytes: 0x8000,
})

export const tag = (name: string, bytes: number, outstanding: number, owner: string | null = null): TagUsage => ({
  tag: name,
  nonPaged: { allocations: outstanding, frees: 0, outstanding, bytes },
  paged: { allocations: 0, frees: 0, outstanding: 0, bytes: 0 },
  owner,
  meaning: null,
})

export const memory = (changes: Partial<MemoryUsage> = {}): MemoryUsage => ({
  physicalPages: 851420,
  availablePages: 573277,
  residentAvailablePages: null,
  lockedIoPages: null,
  freeSystemPtes: null,
  modifiedPages: 22,
  nonPagedPool: { usedPages: 31369, maximumPages: 31986, excessive: true },
  pagedPool: { usedPages: 22019, maximumPages: 38912, pools: [19071, 735, 747, 720, 746] },
  committedPages: null,
  commitLimitPages: null,
  failedAllocations: null,
  sources: {},
  ...changes,
})

export const importer = (
  name: string,
  base: string,
  kind: ImporterKind = 'import-table',
  callSites: number | null = null,
): Importer => ({
  module: name,
  base,
  allocator: 'nt!ExAllocatePool',
  address: `0x${(BigInt(base) + 0x5058n).toString(16)}`,
  kind,
  callSites,
})

export const modules: readonly Module[] = [
  module('ntoskrnl.exe', '0xe0800000'),
  module('hal.dll', '0xe0a11000'),
  module('leaky.sys', '0xf50b3000'),
  module('decoy.sys', '0xf6000000'),
  module('third.sys', '0xf6100000'),
  module('ndis.sys', '0xf6200000'),
]

export const searched = (importers: Importer[], changes: Partial<ImportSearch> = {}): ImportSearch => ({
  allocators: ['nt!ExAllocatePool', 'nt!ExAllocatePoolWithQuota'].map((name, index) => ({
    name,
    address: `0xe0894d1${index}`,
    source: 'export',
  })),
  importers,
  importTables: Object.fromEntries(modules.map(({ base }) => [base, 'read'])),
  kernelExports: 'read',
  searchedTags: [],
  tagUses: [],
  code: Object.fromEntries(modules.map(({ base }) => [base, { wantedBytes: 0x4000, readBytes: 0x4000 }])),
  objects: [],
  processes: [],
  processesNote: null,
  searchNote: null,
  ...changes,
})

/** Of 64 sampled blocks of the tag, and 64 others, how many point into a module. */
export const contents = (
  tagName: string,
  pointers: { name: string; base: string; blocks: number; otherBlocks?: number }[],
): TagContents => ({
  tag: tagName,
  sampledBlocks: 64,
  otherSampledBlocks: 64,
  modules: pointers.map(({ name, base, blocks, otherBlocks = 0 }) => ({
    module: name,
    base,
    blocks,
    otherBlocks,
    example: base,
  })),
})

export const knowledge = (changes: Partial<Knowledge> = {}): Knowledge => ({
  dump: {
    bytes: 2 ** 20,
    format: 'full',
    architecture: 'x86',
    build: 3790,
    machine: 'x86',
    processors: 1,
    bugcheck: null,
    crashedAt: null,
    uptimeSeconds: null,
    truncated: false,
    physicalPages: { expected: 851420, present: 851420 },
  },
  modules,
  unloadedModules: [],
  memory: memory(),
  pool: {
    source: 'tracker',
    lowerBound: false,
    processors: 1,
    tags: [tag('None', 50827424, 246479), tag('MmCm', 18462512, 1198, 'nt!mm')],
    bigAllocations: [],
  },
  contents: [],
  imports: searched([importer('leaky.sys', '0xf50b3000')]),
  ...changes,
})
