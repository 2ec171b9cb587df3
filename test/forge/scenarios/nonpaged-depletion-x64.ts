import { seven64 } from '../kernel/layout.ts'
import { x64Paging } from '../memory/paging.ts'
import type { Scenario } from '../scenario.ts'
import { x64Addresses, x64Images } from './x64-addresses.ts'

const culprit = 'tqfilt64.sys'
const maximum = 36_864

/**
 * The seed's shape on Server 2008 R2 SP1 with eight processors; the non-paged pool is capped by NonPagedPoolSize. The
 * crash happened in the System process, which sees no session: win32k.sys is listed and not mapped.
 */
export const depletionX64: Scenario = {
  name: '2008-nonpaged-depletion-x64',
  layout: seven64,
  paging: x64Paging,
  processors: 8,
  crashedOn: 5,
  crashedAt: '2013-05-21T03:12:44.000Z',
  uptimeSeconds: 2_733_402,
  bugcheck: { code: 0xe2, parameters: [0, 0, 0, 0] },
  servicePack: 1,
  buildLab: '7601.18113.amd64fre.win7sp1_gdr.130318-1533',
  physical: {
    pages: 1_048_061,
    machineRuns: [
      { base: 1, pages: 0x9b },
      { base: 0x100, pages: 0xbfe90 },
      { base: 0x100000, pages: 261_714 },
    ],
    lent: [
      { base: 1, pages: 0x9b },
      { base: 0x2000, pages: 0x4000 },
      { base: 0x33000, pages: 0x4000 },
      { base: 0x78000, pages: 0x4000 },
      { base: 0x104000, pages: 0x4000 },
    ],
    regionPages: 512,
  },
  addresses: x64Addresses(maximum),
  images: x64Images(0xf80002c52000, true),
  holes: false,
  container: 'full',
  drivers: null,
  added: [
    {
      name: culprit,
      path: `\\SystemRoot\\system32\\DRIVERS\\${culprit}`,
      pdb: 'e:\\work\\tq\\filter\\objfre_win7_amd64\\amd64\\tqfilt64.pdb',
      base: null,
      alignment: 0x1000,
      shape: { text: 0x9200, data: 0x2400, page: 0x3000, init: 0xf00, rsrc: 0x480, importsIn: 'INIT' },
      imports: [
        {
          image: 'NDIS.SYS',
          functions: [
            'NdisAllocatePacket',
            'NdisFreePacket',
            'NdisRegisterProtocol',
            'NdisDeregisterProtocol',
            'NdisMSleep',
          ],
        },
        {
          image: 'nt',
          functions: [
            'IofCompleteRequest',
            'IofCallDriver',
            'IoCreateDevice',
            'IoDeleteDevice',
            'IoAttachDeviceToDeviceStack',
            'IoDetachDevice',
            'RtlInitUnicodeString',
            'KeInitializeEvent',
            'KeSetEvent',
            'ExAllocatePool',
            'ExFreePoolWithTag',
            'KeWaitForSingleObject',
            'PsCreateSystemThread',
            'ObReferenceObjectByHandle',
            'ObfDereferenceObject',
            'KeInitializeDpc',
            'KeInsertQueueDpc',
            'ZwClose',
            'memcpy',
            'memset',
            '_vsnwprintf',
          ],
        },
      ],
      callSites: { ExAllocatePool: 4, ExFreePoolWithTag: 3 },
      tags: [],
    },
  ],
  win32k: 'other-session',
  pools: {
    nonPagedPages: 36_051,
    nonPagedMaximum: maximum,
    pagedPages: [9_220, 4_110, 4_082, 4_134, 4_071],
    pagedMaximum: 0x2000000,
    pagedResidentShare: 0.12,
    extraTags: [],
    quotas: [
      {
        tag: 'None',
        owner: culprit,
        outstanding: 305_118,
        bytes: 84_410_272,
        big: 37,
        sizes: [
          { bytes: 0x60, share: 0.3 },
          { bytes: 0xf0, share: 0.4 },
          { bytes: 0x210, share: 0.28 },
          { bytes: 0x300, share: 0.02 },
        ],
        contiguous: false,
      },
      {
        tag: 'MmCm',
        owner: 'nt',
        outstanding: 902,
        bytes: 12_009_120,
        big: 501,
        sizes: [
          { bytes: 0x410, share: 0.5 },
          { bytes: 0x810, share: 0.3 },
          { bytes: 0x90, share: 0.2 },
        ],
        contiguous: true,
      },
    ],
    wrapping: ['Irp '],
  },
  trackerEntries: 4097,
  bigPageEntries: 8192,
  counters: {
    availablePages: 612_440,
    residentAvailablePages: 951_006,
    lockedIoPages: 3_871,
    freeSystemPtes: 33_507_114,
    freeNonPagedPtes: 813,
    modifiedPages: 9_318,
    committedPages: 402_118,
    commitLimitPages: 2_094_660,
    sharedCommit: 12_240,
    processCommit: 265_913,
    driverCommit: 3_077,
    failedAllocations: 212,
  },
  pageFile: {
    name: '\\??\\D:\\pagefile.sys',
    currentKb: 4_186_396,
    freeKb: 4_022_116,
    minimumKb: 4_186_396,
    maximumKb: 12_582_912,
  },
  unloaded: [
    { name: 'crashdmp.sys', start: 0xf88003100000, pages: 14, hoursBefore: 759 },
    { name: 'dump_atapi.sys', start: 0xf88003120000, pages: 12, hoursBefore: 759 },
    { name: 'cdrom.sys', start: 0xf88003140000, pages: 42, hoursBefore: 310 },
  ],
  verdict: 'culprit',
  culprit: { module: culprit, tag: 'None' },
}
