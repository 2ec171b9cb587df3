import { kernelSections } from '../data/kernel-sections.ts'
import { server2003x86 } from '../kernel/layout.ts'
import { x86Paging } from '../memory/paging.ts'
import type { Scenario } from '../scenario.ts'

const guid = '{5B1F9C2E-7A44-4D0B-9E63-0C8A1D27F3B6}.sys'

/**
 * The case of the seed, figure for figure: Server 2003 SP2 with /3GB, four processors, non-paged pool at 98 %, two fifths of
 * it untagged, and one driver that imports ExAllocatePool.
 *
 * With /3GB the kernel has the top gigabyte: page tables at C0000000 as ever, nt at E0800000, the first part of non-paged
 * pool behind the PFN database, its expansion up to FFBE0000.
 */
export const depletion2008: Scenario = {
  name: '2008-nonpaged-depletion',
  layout: server2003x86,
  paging: x86Paging,
  processors: 4,
  crashedOn: 2,
  crashedAt: '2008-03-14T09:41:27.000Z',
  uptimeSeconds: 371_640,
  bugcheck: { code: 0xe2, parameters: [0, 0, 0, 0] },
  servicePack: 2,
  buildLab: '3790.srv03_sp2_gdr.070304-2240',
  physical: {
    pages: 851_420,
    machineRuns: [
      { base: 1, pages: 0x9e },
      { base: 0x100, pages: 0xeff },
      { base: 0x1000, pages: 847_423 },
    ],
    lent: [
      { base: 1, pages: 0x9e },
      { base: 0x1000, pages: 0x3000 },
      { base: 0x22000, pages: 0x3000 },
      { base: 0x48000, pages: 0x3000 },
      { base: 0x7f000, pages: 0x3000 },
      { base: 0xa1000, pages: 0x3000 },
    ],
    regionPages: 512,
  },
  addresses: {
    systemRangeStart: 0xc0000000,
    highestUserAddress: 0xbffeffff,
    userProbeAddress: 0xbfff0000,
    pfnDatabase: 0xe1000000,
    pfnEntryBytes: 0x18,
    nonPagedPool: [
      { start: 0xe2400000, pages: 8192 },
      { start: 0xf9eee000, pages: 23_794 },
    ],
    nonPagedLargePages: 0,
    nonPagedSystemStart: 0xee800000,
    nonPagedPoolEnd: 0xffbe0000,
    pagedPool: { start: 0xe5000000, pages: 38_912 },
    systemPtes: [0xee800000, 0xf9eee000],
    systemCache: [0xc1000000, 0xdc000000],
    session: 0xdf800000,
    bootDrivers: 0xf7200000,
    lateDrivers: 0xf5400000,
    systemArea: 0xf8000000,
    firstPcr: 0xffdff000,
  },
  images: {
    nt: {
      base: 0xe0800000,
      path: '\\WINDOWS\\system32\\ntkrnlmp.exe',
      pdb: 'ntkrnlmp.pdb',
      sections: kernelSections.server2003,
      // The seed's own addresses. Its s-d line shows e084011b for the fourth word and its dps line e083e30a, named
      // nt!KeInitializeEvent; only one can be right, and dps is the one that names it.
      fixed: { ExAllocatePool: 0x94d1f, _wcsnicmp: 0x28e04, ExFreePoolWithTag: 0x9b708, KeInitializeEvent: 0x3e30a },
      verifierThunks: false,
    },
    hal: { base: 0xe0a47000, pdb: 'halmacpi.pdb' },
    large: false,
  },
  holes: false,
  container: 'full',
  drivers: null,
  added: [
    {
      name: guid,
      path: `\\??\\C:\\WINDOWS\\Temp\\${guid}`,
      pdb: 'd:\\build\\agent\\krn\\objfre_wnet_x86\\i386\\agentkrn.pdb',
      base: 0xf50b3000,
      alignment: 0x80,
      // Headers end at 300, so .rdata and its address table begin at 5000 and slot 0x58 is at f50b8058.
      shape: { text: 0x4d00, data: 0x1a00, page: 0, init: 0x1100, rsrc: 0x380, importsIn: 'INIT' },
      imports: [
        {
          image: 'hal.dll',
          functions: ['KfAcquireSpinLock', 'KfReleaseSpinLock', 'KeGetCurrentIrql', 'KfRaiseIrql', 'KfLowerIrql'],
        },
        {
          image: 'nt',
          functions: [
            'IofCompleteRequest',
            'IoCreateDevice',
            'IoDeleteDevice',
            'IoCreateSymbolicLink',
            'IoDeleteSymbolicLink',
            'RtlInitUnicodeString',
            'KeSetEvent',
            'KeWaitForSingleObject',
            'PsCreateSystemThread',
            'PsTerminateSystemThread',
            'ZwClose',
            'ObReferenceObjectByHandle',
            'ObfDereferenceObject',
            'ZwOpenKey',
            'ZwQueryValueKey',
            'memcpy',
            'ExAllocatePool',
            '_wcsnicmp',
            'ExFreePoolWithTag',
            'KeInitializeEvent',
            'PsSetCreateProcessNotifyRoutine',
            'PsLookupProcessByProcessId',
            'KeStackAttachProcess',
            'KeUnstackDetachProcess',
            'MmGetSystemRoutineAddress',
            'IoGetCurrentProcess',
            'RtlCompareUnicodeString',
            'ZwQuerySystemInformation',
            'wcslen',
            'wcscpy',
            '_snwprintf',
          ],
        },
      ],
      callSites: { ExAllocatePool: 3, ExFreePoolWithTag: 2 },
      tags: [],
    },
  ],
  win32k: 'mapped',
  pools: {
    nonPagedPages: 31_369,
    nonPagedMaximum: 31_986,
    pagedPages: [19_071, 735, 747, 720, 746],
    pagedMaximum: 38_912,
    pagedResidentShare: 0.14,
    extraTags: [],
    quotas: [
      {
        tag: 'None',
        owner: guid,
        outstanding: 246_479,
        bytes: 50_827_424,
        big: 24,
        sizes: [
          { bytes: 0x48, share: 0.38 },
          { bytes: 0xa8, share: 0.3 },
          { bytes: 0x1a8, share: 0.27 },
          { bytes: 0x118, share: 0.05 },
        ],
        contiguous: false,
      },
      {
        tag: 'MmCm',
        owner: 'nt',
        outstanding: 1198,
        bytes: 18_462_512,
        big: 887,
        sizes: [
          { bytes: 0x208, share: 0.5 },
          { bytes: 0x808, share: 0.3 },
          { bytes: 0x48, share: 0.2 },
        ],
        contiguous: true,
      },
    ],
    wrapping: ['Irp '],
  },
  trackerEntries: 2049,
  bigPageEntries: 4096,
  counters: {
    availablePages: 573_277,
    residentAvailablePages: 800_628,
    lockedIoPages: 1067,
    freeSystemPtes: 25_102,
    freeNonPagedPtes: 335,
    modifiedPages: 22,
    committedPages: 214_877,
    commitLimitPages: 1_722_113,
    sharedCommit: 5_418,
    processCommit: 148_220,
    driverCommit: 2_094,
    failedAllocations: 3,
  },
  pageFile: {
    name: '\\??\\C:\\pagefile.sys',
    currentKb: 3_584_000,
    freeKb: 3_568_552,
    minimumKb: 3_584_000,
    maximumKb: 3_584_000,
  },
  unloaded: [
    { name: 'imapi.sys', start: 0xf7b12000, pages: 11, hoursBefore: 102 },
    { name: 'Sfloppy.SYS', start: 0xf7b44000, pages: 3, hoursBefore: 102 },
    { name: 'agentldr.sys', start: 0xf4e21000, pages: 6, hoursBefore: 101 },
  ],
  verdict: 'culprit',
  culprit: { module: guid, tag: 'None' },
}
