/**
 * What a KDBG slot holds (reference 4.2): `A` the address of a variable, `R` the address of an array or structure, `V` a
 * value, `C` the address of code. `bytes` is the size of an `R`; an `A` is one pointer wide.
 */
export type KdbgSlot = {
  readonly offset: number
  readonly name: string
  readonly kind: 'A' | 'R' | 'V' | 'C'
  readonly bytes?: number
}

const slot = (offset: number, name: string, kind: KdbgSlot['kind'], bytes?: number): KdbgSlot => ({
  offset,
  name,
  kind,
  bytes,
})

/** Every pointer slot up to the size Windows 10 1703 has; a shorter block simply ends earlier. */
export const kdbgSlots: readonly KdbgSlot[] = [
  slot(0x18, 'KernBase', 'V'),
  slot(0x20, 'RtlpBreakWithStatusInstruction', 'C'),
  slot(0x38, 'KiCallUserMode', 'C'),
  slot(0x40, 'KeUserCallbackDispatcher', 'V'),
  slot(0x48, 'PsLoadedModuleList', 'R', 16),
  slot(0x50, 'PsActiveProcessHead', 'R', 16),
  slot(0x58, 'PspCidTable', 'A'),
  slot(0x60, 'ExpSystemResourcesList', 'R', 16),
  slot(0x68, 'ExpPagedPoolDescriptor', 'R', 17 * 8),
  slot(0x70, 'ExpNumberOfPagedPools', 'A'),
  slot(0x78, 'KeTimeIncrement', 'A'),
  slot(0x80, 'KeBugCheckCallbackListHead', 'R', 16),
  slot(0x88, 'KiBugCheckData', 'R', 40),
  slot(0x90, 'IopErrorLogListHead', 'R', 16),
  slot(0x98, 'ObpRootDirectoryObject', 'A'),
  slot(0xa0, 'ObpTypeObjectType', 'A'),
  slot(0xa8, 'MmSystemCacheStart', 'A'),
  slot(0xb0, 'MmSystemCacheEnd', 'A'),
  slot(0xb8, 'MmSystemCacheWs', 'R', 0x80),
  slot(0xc0, 'MmPfnDatabase', 'A'),
  slot(0xc8, 'MmSystemPtesStart', 'R', 16),
  slot(0xd0, 'MmSystemPtesEnd', 'R', 16),
  slot(0xd8, 'MmSubsectionBase', 'A'),
  slot(0xe0, 'MmNumberOfPagingFiles', 'A'),
  slot(0xe8, 'MmLowestPhysicalPage', 'A'),
  slot(0xf0, 'MmHighestPhysicalPage', 'A'),
  slot(0xf8, 'MmNumberOfPhysicalPages', 'A'),
  slot(0x100, 'MmMaximumNonPagedPoolInBytes', 'A'),
  slot(0x108, 'MmNonPagedSystemStart', 'A'),
  slot(0x110, 'MmNonPagedPoolStart', 'A'),
  slot(0x118, 'MmNonPagedPoolEnd', 'A'),
  slot(0x120, 'MmPagedPoolStart', 'A'),
  slot(0x128, 'MmPagedPoolEnd', 'A'),
  slot(0x130, 'MmPagedPoolInfo', 'R', 0x90),
  slot(0x138, 'PageSize', 'V'),
  slot(0x140, 'MmSizeOfPagedPoolInBytes', 'A'),
  slot(0x148, 'MmTotalCommitLimit', 'A'),
  slot(0x150, 'MmTotalCommittedPages', 'A'),
  slot(0x158, 'MmSharedCommit', 'A'),
  slot(0x160, 'MmDriverCommit', 'A'),
  slot(0x168, 'MmProcessCommit', 'A'),
  slot(0x170, 'MmPagedPoolCommit', 'A'),
  slot(0x178, 'MmExtendedCommit', 'A'),
  slot(0x180, 'MmZeroedPageListHead', 'R', 0x28),
  slot(0x188, 'MmFreePageListHead', 'R', 0x28),
  slot(0x190, 'MmStandbyPageListHead', 'R', 0x28),
  slot(0x198, 'MmModifiedPageListHead', 'R', 0x28),
  slot(0x1a0, 'MmModifiedNoWritePageListHead', 'R', 0x28),
  slot(0x1a8, 'MmAvailablePages', 'A'),
  slot(0x1b0, 'MmResidentAvailablePages', 'A'),
  slot(0x1b8, 'PoolTrackTable', 'A'),
  slot(0x1c0, 'NonPagedPoolDescriptor', 'R', 0x1140),
  slot(0x1c8, 'MmHighestUserAddress', 'A'),
  slot(0x1d0, 'MmSystemRangeStart', 'A'),
  slot(0x1d8, 'MmUserProbeAddress', 'A'),
  slot(0x1e0, 'KdPrintDefaultCircularBuffer', 'R', 0x1000),
  slot(0x1e8, 'KdPrintDefaultCircularBufferEnd', 'V'),
  slot(0x1f0, 'KdPrintWritePointer', 'A'),
  slot(0x1f8, 'KdPrintRolloverCount', 'A'),
  slot(0x200, 'MmLoadedUserImageList', 'A'),
  slot(0x208, 'NtBuildLab', 'R', 0x40),
  slot(0x210, 'KiNormalSystemCall', 'C'),
  slot(0x218, 'KiProcessorBlock', 'R', 64 * 8),
  slot(0x220, 'MmUnloadedDrivers', 'A'),
  slot(0x228, 'MmLastUnloadedDriver', 'A'),
  slot(0x230, 'MmTriageActionTaken', 'A'),
  slot(0x238, 'MmSpecialPoolTag', 'A'),
  slot(0x240, 'KernelVerifier', 'A'),
  slot(0x248, 'MmVerifierData', 'R', 0x80),
  slot(0x250, 'MmAllocatedNonPagedPool', 'A'),
  slot(0x258, 'MmPeakCommitment', 'A'),
  slot(0x260, 'MmTotalCommitLimitMaximum', 'A'),
  slot(0x268, 'CmNtCSDVersion', 'A'),
  slot(0x270, 'MmPhysicalMemoryBlock', 'A'),
  slot(0x278, 'MmSessionBase', 'A'),
  slot(0x280, 'MmSessionSize', 'A'),
  slot(0x288, 'MmSystemParentTablePage', 'A'),
  slot(0x290, 'MmVirtualTranslationBase', 'A'),
  slot(0x2c8, 'KdPrintCircularBuffer', 'A'),
  slot(0x2d0, 'KdPrintBufferSize', 'A'),
  slot(0x2d8, 'KeLoaderBlock', 'A'),
  slot(0x308, 'IopNumTriageDumpDataBlocks', 'A'),
  slot(0x310, 'IopTriageDumpDataBlocks', 'R', 0x80),
  slot(0x318, 'VfCrashDataBlock', 'A'),
  slot(0x320, 'MmBadPagesDetected', 'A'),
  slot(0x328, 'MmZeroedPageSingleBitErrorsDetected', 'A'),
  slot(0x330, 'EtwpDebuggerData', 'A'),
  slot(0x360, 'PteBase', 'V'),
]

/** What slots the block of current Windows leaves 0 (reference 4.2). */
export const zeroSlots: ReadonlySet<string> = new Set(
  `KeUserCallbackDispatcher ExpPagedPoolDescriptor ExpNumberOfPagedPools MmSystemCacheStart MmSystemCacheEnd MmSystemCacheWs
  MmSystemPtesStart MmSystemPtesEnd MmSubsectionBase MmNumberOfPagingFiles MmLowestPhysicalPage MmHighestPhysicalPage
  MmNumberOfPhysicalPages MmMaximumNonPagedPoolInBytes MmNonPagedSystemStart MmNonPagedPoolStart MmNonPagedPoolEnd
  MmPagedPoolStart MmPagedPoolEnd MmPagedPoolInfo MmTotalCommitLimit MmTotalCommittedPages MmSharedCommit MmDriverCommit
  MmProcessCommit MmExtendedCommit MmZeroedPageListHead MmFreePageListHead MmStandbyPageListHead MmModifiedPageListHead
  MmModifiedNoWritePageListHead MmAvailablePages MmResidentAvailablePages NonPagedPoolDescriptor MmLoadedUserImageList
  KiNormalSystemCall MmAllocatedNonPagedPool MmPeakCommitment MmTotalCommitLimitMaximum MmSessionBase MmSessionSize
  MmSystemParentTablePage MmVirtualTranslationBase VfCrashDataBlock MmBadPagesDetected
  MmZeroedPageSingleBitErrorsDetected`.split(/\s+/),
)

/** The u16 slots, by offset. */
export const kdbgOffsets = {
  threadProcess: 0x2a0,
  threadState: 0x2a2,
  sizeProcess: 0x2a8,
  processPeb: 0x2aa,
  processParent: 0x2ac,
  processDirectoryTableBase: 0x2ae,
  sizePrcb: 0x2b0,
  prcbCurrentThread: 0x2b4,
  prcbContext: 0x2bc,
  prcbNumber: 0x2be,
  sizeThread: 0x2c0,
  pcrSelf: 0x2e2,
  pcrCurrentPrcb: 0x2e4,
  pcrContainedPrcb: 0x2e6,
  prcbSpecialRegisters: 0x2f2,
  gdtKernelCode: 0x2f4,
  gdtKernelData: 0x2f6,
} as const
