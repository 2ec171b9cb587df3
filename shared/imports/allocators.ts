/**
 * Which tag the blocks of a routine carry. `none`: it takes no tag, its blocks are booked under `None`; `argument`: the
 * one its caller passes; `fixed`: always the same; `own`: one the module chooses, which no public source tells;
 * `no-pool`: it hands out whole pages, which no tag counts.
 */
export type TagYield =
  | { readonly from: 'none' | 'argument' | 'own' | 'no-pool' }
  | { readonly from: 'fixed'; readonly tag: string }

/** One exported allocation routine: the module that owns it as a debugger names it, its name, and what tag its blocks get. */
export type AllocationRoutine = { readonly module: string; readonly name: string; readonly tag: TagYield }

/** The tag of blocks allocated without one (reference 10.1). */
export const untaggedTag = 'None'

const none: TagYield = { from: 'none' }
const argument: TagYield = { from: 'argument' }
const own: TagYield = { from: 'own' }
const noPool: TagYield = { from: 'no-pool' }
const fixed = (tag: string): TagYield => ({ from: 'fixed', tag })

const of = (module: string, tag: TagYield, names: string): AllocationRoutine[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => ({ module, name, tag }))

/**
 * The routines whose addresses are searched for, as data. Windows exports more or fewer of them by version; each is looked
 * up by name and may be absent. Drivers that allocate through a wrapper hold the wrapper's address, not nt's.
 */
export const allocatorSet: { readonly version: string; readonly routines: readonly AllocationRoutine[] } = {
  version: '2',
  routines: [
    // Names: reference 7.2. That these two book their blocks under `None`: reference 7.7 and 10.1.
    ...of('nt', none, 'ExAllocatePool ExAllocatePoolWithQuota'),
    // The tag is a parameter: documented in wdm.h and ntifs.h; ExAllocatePool2 and 3 since Windows 10 2004 (reference 10.1).
    ...of('nt', argument, 'ExAllocatePoolWithTag ExAllocatePoolWithQuotaTag ExAllocatePoolWithTagPriority'),
    ...of('nt', argument, 'ExAllocatePool2 ExAllocatePool3'),
    // Look-aside lists get their tag when they are initialised, and allocate under it from then on (reference 10.3).
    ...of('nt', argument, 'ExInitializeNPagedLookasideList ExInitializePagedLookasideList ExInitializeLookasideListEx'),
    ...of('nt', argument, 'FsRtlAllocatePoolWithTag FsRtlAllocatePoolWithQuotaTag'),
    ...of('nt', own, 'FsRtlAllocatePool FsRtlAllocatePoolWithQuota IoAllocateWorkItem IoAllocateErrorLogEntry'),
    // `MmCm`: the seed's second tag, reference 10.4.
    ...of('nt', fixed('MmCm'), 'MmAllocateContiguousMemory MmAllocateContiguousMemorySpecifyCache'),
    ...of('nt', fixed('MmCm'), 'MmAllocateContiguousMemorySpecifyCacheNode MmAllocateContiguousNodeMemory'),
    ...of('nt', argument, 'MmAllocateContiguousMemoryEx'),
    ...of('nt', noPool, 'MmAllocateNonCachedMemory MmAllocatePagesForMdl MmAllocatePagesForMdlEx'),
    ...of('nt', noPool, 'MmAllocateNodePagesForMdlEx MmAllocateMappingAddress MmAllocateMappingAddressEx'),
    // Reference 10.4: `Mdl ` memory descriptor lists, `Irp ` I/O request packets.
    ...of('nt', fixed('Mdl '), 'IoAllocateMdl MmCreateMdl'),
    ...of('nt', fixed('Irp '), 'IoAllocateIrp IoAllocateIrpEx IoMakeAssociatedIrp IoBuildDeviceIoControlRequest'),
    ...of('nt', fixed('Irp '), 'IoBuildAsynchronousFsdRequest IoBuildSynchronousFsdRequest'),
    ...of('hal', own, 'HalAllocateCommonBuffer'),
    // Documented in ndis.h; NDIS 5's NdisAllocateMemory takes no tag of its caller's. Packet pools: reference 10.4.
    ...of('ndis', argument, 'NdisAllocateMemoryWithTag NdisAllocateMemoryWithTagPriority NdisAllocateGenericObject'),
    ...of(
      'ndis',
      argument,
      'NdisAllocateNetBufferListPool NdisAllocateNetBufferPool NdisInitializeNPagedLookasideList',
    ),
    ...of('ndis', own, 'NdisAllocateMemory NdisAllocateBufferPool NdisMAllocateSharedMemory'),
    ...of('ndis', fixed('NDpp'), 'NdisAllocatePacketPool NdisAllocatePacketPoolEx'),
    // Documented in fltkernel.h; contexts carry the tag of the filter's context registration.
    ...of('fltmgr', argument, 'FltAllocatePoolAlignedWithTag FltAllocateContext'),
    ...of('fltmgr', own, 'FltAllocateCallbackData FltAllocateGenericWorkItem FltAllocateDeferredIoWorkItem'),
    // KMDF's routines are no exports: its clients bind to a table of them. They allocate under the client's tag (framework-tag.ts).
    ...of('wdfldr', argument, 'WdfVersionBind'),
    // StorPortAllocatePool is inline and goes through the first; its tag is a parameter (storport.h).
    ...of('storport', argument, 'StorPortExtendedFunction'),
    ...of('storport', own, 'StorPortGetUncachedExtension'),
    ...of('scsiport', own, 'ScsiPortGetUncachedExtension'),
    // The tag is a parameter: video.h, winddi.h.
    ...of('videoprt', argument, 'VideoPortAllocatePool'),
    ...of('win32k', argument, 'EngAllocMem EngAllocUserMem'),
  ],
}

/** `nt!ExAllocatePool`: how an analysis names a routine. */
export const allocatorName = ({ module, name }: Pick<AllocationRoutine, 'module' | 'name'>): string =>
  `${module}!${name}`

/** Whether blocks of the routine carry the tag `None`. */
export const isUntagged = (routine: AllocationRoutine): boolean => routine.tag.from === 'none'

const byName = new Map(allocatorSet.routines.map((routine) => [allocatorName(routine), routine]))

/** Whether blocks of the routine with this name (`nt!ExAllocatePool`) carry the tag `None`. */
export const isUntaggedAllocator = (name: string): boolean => byName.get(name)?.tag.from === 'none'

/** The routines whose blocks all carry this tag, whoever calls: those without a tag for `None`, those that fix it. */
export const routinesMaking = (tag: string): readonly AllocationRoutine[] =>
  allocatorSet.routines.filter(({ tag: yields }) =>
    yields.from === 'fixed' ? yields.tag === tag : yields.from === 'none' && tag === untaggedTag,
  )

/** Whether the routine with this name gives blocks the tag that its caller passes. */
export const takesTag = (name: string): boolean => byName.get(name)?.tag.from === 'argument'

/** nt's release routine that takes a tag: a tag passed to it says who frees (reference 10.3). */
export const taggedRelease = { module: 'nt', name: 'ExFreePoolWithTag' } as const

/** What a driver that is built on KMDF holds, whatever else it holds. */
export const frameworkBinding = 'wdfldr!WdfVersionBind'
