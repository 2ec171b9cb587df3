import type { Variables } from '../kernel/variables.ts'
import type { Scenario } from '../scenario.ts'
import { type Va, writePointer, writeWord } from '../words.ts'
import { mustAllocate, writeUnicodeString } from './module-list.ts'
import type { Pools } from './pools.ts'

const pageKb = 4

/** Writes every variable `!vm` reads (reference 9.1), and the memory map. */
export const writeCounters = (scenario: Scenario, variables: Variables, pools: Pools): void => {
  const { layout, counters, addresses, physical } = scenario
  const { width } = layout
  const { nonPagedPages, nonPagedMaximum, pagedPages, pagedMaximum } = scenario.pools
  const pagedTotal = pagedPages.reduce((sum, pages) => sum + pages, 0)

  const words: Record<string, number> = {
    MmNumberOfPhysicalPages: physical.pages,
    MmLowestPhysicalPage: physical.machineRuns[0].base,
    MmHighestPhysicalPage: Math.max(...physical.machineRuns.map(({ base, pages }) => base + pages - 1)),
    MmAvailablePages: counters.availablePages,
    MmResidentAvailablePages: counters.residentAvailablePages,
    MmMaximumNonPagedPoolInBytes: nonPagedMaximum * 4096,
    MmSizeOfPagedPoolInBytes: pagedMaximum * 4096,
    MmAllocatedNonPagedPool: nonPagedPages,
    MmTotalCommittedPages: counters.committedPages,
    MmTotalCommitLimit: counters.commitLimitPages,
    MmTotalCommitLimitMaximum: counters.commitLimitPages,
    MmPeakCommitment: counters.committedPages + 4096,
    MmSharedCommit: counters.sharedCommit,
    MmProcessCommit: counters.processCommit,
    MmDriverCommit: counters.driverCommit,
    MmPagedPoolCommit: pagedTotal,
    MmSystemLockPagesCount: counters.lockedIoPages,
    MmTotalPagesForPagingFile: counters.modifiedPages,
    PoolHitTag: 0xffffff0f,
    CmNtCSDVersion: scenario.servicePack << 8,
    KeTimeIncrement: 156250,
    MmNumberOfPagingFiles: 1,
    ExpNumberOfPagedPools: pagedPages.length - 1,
    ExPoolFailures: counters.failedAllocations,
  }
  for (const [name, value] of Object.entries(words)) variables.word(name, value)

  const pointers: Record<string, Va> = {
    MmPfnDatabase: addresses.pfnDatabase,
    MmSystemRangeStart: addresses.systemRangeStart,
    MmHighestUserAddress: addresses.highestUserAddress,
    MmUserProbeAddress: addresses.userProbeAddress,
    MmNonPagedSystemStart: addresses.nonPagedSystemStart,
    MmNonPagedPoolStart: addresses.nonPagedPool[0].start,
    MmNonPagedPoolEnd: addresses.nonPagedPoolEnd,
    MmNonPagedPoolExpansionStart: (addresses.nonPagedPool[1] ?? addresses.nonPagedPool[0]).start,
    MmPagedPoolStart: addresses.pagedPool.start,
    MmPagedPoolEnd: addresses.pagedPool.start + pagedMaximum * 4096 - 1,
    MmSystemCacheStart: addresses.systemCache[0],
    MmSystemCacheEnd: addresses.systemCache[1] - 1,
    MmSessionBase: addresses.session,
  }
  for (const [name, value] of Object.entries(pointers)) variables.pointer(name, value)
  // The x64 kernel of the time begins at FFFF0800`00000000, which is no canonical address.
  if (width === 8) variables.bytes('MmSystemRangeStart').writeUInt32LE(0xffff0800, 4)
  writePointer(variables.bytes('MmSystemPtesStart'), 0, addresses.systemPtes[0], width)
  writePointer(variables.bytes('MmSystemPtesEnd'), 0, addresses.systemPtes[1] - 1, width)

  // Two counters of 32 bits: system PTEs, and those of the non-paged pool's expansion.
  variables.place('MmTotalFreeSystemPtes', 8)
  variables.bytes('MmTotalFreeSystemPtes').writeUInt32LE(counters.freeSystemPtes, 0)
  variables.bytes('MmTotalFreeSystemPtes').writeUInt32LE(counters.freeNonPagedPtes, 4)

  // [non-paged, paged, session][low, normal, high priority] (reference 8.10).
  variables.place('MmPoolFailures', 36)
  variables.bytes('MmPoolFailures').writeUInt32LE(counters.failedAllocations, 4)

  variables.bytes('MmPagedPoolInfo').writeUInt32LE(pagedTotal, layout.pagedPoolInfo.allocatedPagedPool)

  // MMPFNLIST: the count, and which list it is.
  const standby = Math.floor(counters.availablePages * 0.6)
  const free = Math.floor(counters.availablePages * 0.02)
  const lists: readonly (readonly [string, number])[] = [
    ['MmZeroedPageListHead', counters.availablePages - standby - free],
    ['MmFreePageListHead', free],
    ['MmStandbyPageListHead', standby],
    ['MmModifiedPageListHead', counters.modifiedPages],
    ['MmModifiedNoWritePageListHead', 0],
  ]
  for (const [kind, [name, total]] of lists.entries()) {
    writeWord(variables.bytes(name), 0, total, width)
    variables.bytes(name).writeUInt32LE(kind, width)
  }

  const { bytes, offset, va } = mustAllocate(
    pools,
    pools.nonPaged,
    'Mm  ',
    2 * width + physical.machineRuns.length * 2 * width,
  )
  bytes.writeUInt32LE(physical.machineRuns.length, offset)
  writeWord(bytes, offset + width, physical.pages, width)
  for (const [index, run] of physical.machineRuns.entries()) {
    writeWord(bytes, offset + 2 * width + index * 2 * width, run.base, width)
    writeWord(bytes, offset + 3 * width + index * 2 * width, run.pages, width)
  }
  variables.pointer('MmPhysicalMemoryBlock', va)
  variables.bytes('NtBuildLab').write(`${scenario.buildLab}\0`, 0, 'latin1')
  writeBugCheck(scenario, variables)
  writePagingFile(scenario, variables, pools)
}

const writeBugCheck = (scenario: Scenario, variables: Variables): void => {
  const { width } = scenario.layout
  const data = variables.bytes('KiBugCheckData')
  writeWord(data, 0, scenario.bugcheck.code, width)
  for (const [index, value] of scenario.bugcheck.parameters.entries())
    writeWord(data, (index + 1) * width, value, width)
}

/** MMPAGING_FILE, in pages. */
const writePagingFile = (scenario: Scenario, variables: Variables, pools: Pools): void => {
  const { layout, pageFile } = scenario
  const { width, pagingFile } = layout
  const file = mustAllocate(pools, pools.nonPaged, 'Mm  ', pagingFile.bytes)
  const name = mustAllocate(pools, pools.nonPaged, 'Mm  ', pageFile.name.length * 2 + 2)
  name.bytes.write(pageFile.name, name.offset, 'utf16le')
  const fields: readonly (readonly [number, number])[] = [
    [pagingFile.size, pageFile.currentKb],
    [pagingFile.maximum, pageFile.maximumKb],
    [pagingFile.minimum, pageFile.minimumKb],
    [pagingFile.free, pageFile.freeKb],
  ]
  for (const [at, kb] of fields) writeWord(file.bytes, file.offset + at, kb / pageKb, width)
  writeUnicodeString(file.bytes, file.offset + pagingFile.name, pageFile.name, name.va, width)
  variables.place('MmPagingFile', 16 * width)
  writePointer(variables.bytes('MmPagingFile'), 0, file.va, width)
}
