import { seven64 } from '../kernel/layout.ts'
import { x64Paging } from '../memory/paging.ts'
import type { AddedDriver, Scenario } from '../scenario.ts'
import { x64Addresses, x64Images } from './x64-addresses.ts'

const maximum = 1_571_840

/** A third-party driver that uses ExAllocatePool here and there, and frees what it takes. */
const vendorDriver = (
  name: string,
  functions: readonly string[],
  importsIn: 'INIT' | '.rdata',
  more: { tags?: readonly string[]; storesPointer?: boolean } = {},
): AddedDriver => ({
  name,
  path: `\\SystemRoot\\system32\\DRIVERS\\${name}`,
  pdb: `c:\\build\\${name.replace('.sys', '')}\\amd64\\${name.replace('.sys', '.pdb')}`,
  base: null,
  alignment: 0x1000,
  shape: { text: 0x7000, data: 0x1800, page: 0x2000, init: 0xe00, rsrc: 0x400, importsIn },
  imports: [
    {
      image: 'nt',
      functions: [
        'IofCompleteRequest',
        'IoCreateDevice',
        'IoDeleteDevice',
        'RtlInitUnicodeString',
        'KeInitializeEvent',
        'KeSetEvent',
        'KeWaitForSingleObject',
        'ExFreePoolWithTag',
        'memcpy',
        ...functions,
      ],
    },
    { image: 'hal.dll', functions: ['KeStallExecutionProcessor', 'KeQueryPerformanceCounter'] },
  ],
  callSites: { ExAllocatePool: 2 },
  tags: more.tags ?? [],
  storesPointer: more.storesPointer,
})

/** An x64 server in order: pool far below its limit, several drivers that import ExAllocatePool, a few untagged blocks. */
export const healthy: Scenario = {
  name: 'healthy',
  layout: seven64,
  paging: x64Paging,
  processors: 4,
  crashedOn: 1,
  crashedAt: '2014-02-11T22:05:10.000Z',
  uptimeSeconds: 5_410_070,
  bugcheck: { code: 0xe2, parameters: [0, 0, 0, 0] },
  servicePack: 1,
  buildLab: '7601.18247.amd64fre.win7sp1_gdr.130828-1532',
  physical: {
    pages: 2_095_787,
    machineRuns: [
      { base: 1, pages: 0x9d },
      { base: 0x100, pages: 0xdfe80 },
      { base: 0x100000, pages: 1_178_894 },
    ],
    lent: [
      { base: 1, pages: 0x9d },
      { base: 0x4000, pages: 0x3000 },
      { base: 0x61000, pages: 0x3000 },
      { base: 0x112000, pages: 0x3000 },
      { base: 0x19a000, pages: 0x3000 },
    ],
    regionPages: 512,
  },
  addresses: x64Addresses(maximum, 0x4000000),
  images: x64Images(0xf80001a0d000, true),
  holes: false,
  container: 'full',
  drivers: null,
  added: [
    vendorDriver('vsnapdrv.sys', ['ExAllocatePool', 'IoAllocateMdl', 'IoFreeMdl'], 'INIT'),
    vendorDriver('raidmon.sys', ['ExAllocatePool', 'IoGetDeviceProperty', 'ZwClose'], '.rdata'),
    vendorDriver('kvmbus64.sys', ['ExAllocatePool', 'ExAllocatePoolWithTag', 'MmMapIoSpace'], 'INIT', {
      tags: ['KvBs'],
    }),
    vendorDriver('ipsecacc.sys', ['ExAllocatePoolWithTag', 'MmGetSystemRoutineAddress'], 'INIT', {
      tags: ['IpsA'],
      storesPointer: true,
    }),
  ],
  win32k: 'other-session',
  pools: {
    nonPagedPages: 21_340,
    nonPagedMaximum: maximum,
    pagedPages: [11_004, 4_216, 4_190, 4_233, 4_181],
    pagedMaximum: 0x2000000,
    pagedResidentShare: 0.16,
    extraTags: [
      { tag: 'KvBs', owner: 'kvmbus64.sys', weight: 14, sizes: [0x90, 0x240], object: false, bigPages: 4 },
      { tag: 'IpsA', owner: 'ipsecacc.sys', weight: 10, sizes: [0x58, 0x120], object: false, bigPages: 0 },
    ],
    quotas: [
      {
        tag: 'None',
        owner: 'vsnapdrv.sys',
        outstanding: 412,
        bytes: 118_304,
        big: 2,
        sizes: [
          { bytes: 0x50, share: 0.5 },
          { bytes: 0x200, share: 0.5 },
        ],
        contiguous: false,
      },
      {
        tag: 'None',
        owner: 'raidmon.sys',
        outstanding: 96,
        bytes: 14_400,
        big: 0,
        sizes: [
          { bytes: 0x40, share: 0.4 },
          { bytes: 0xd0, share: 0.6 },
        ],
        contiguous: false,
      },
      {
        tag: 'MmCm',
        owner: 'nt',
        outstanding: 144,
        bytes: 2_510_496,
        big: 88,
        sizes: [
          { bytes: 0x410, share: 0.5 },
          { bytes: 0x90, share: 0.5 },
        ],
        contiguous: true,
      },
    ],
    wrapping: [],
  },
  trackerEntries: 4097,
  bigPageEntries: 8192,
  counters: {
    availablePages: 1_322_706,
    residentAvailablePages: 1_998_115,
    lockedIoPages: 1_406,
    freeSystemPtes: 33_511_820,
    freeNonPagedPtes: 1_550_500,
    modifiedPages: 15_220,
    committedPages: 611_304,
    commitLimitPages: 4_190_112,
    sharedCommit: 14_811,
    processCommit: 480_226,
    driverCommit: 3_140,
    failedAllocations: 0,
  },
  pageFile: {
    name: '\\??\\C:\\pagefile.sys',
    currentKb: 8_377_300,
    freeKb: 8_201_112,
    minimumKb: 8_377_300,
    maximumKb: 25_151_900,
  },
  unloaded: [{ name: 'crashdmp.sys', start: 0xf88003d00000, pages: 14, hoursBefore: 1502 }],
  verdict: 'healthy',
  culprit: null,
}
