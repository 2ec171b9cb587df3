import type { MemoryUsage } from '../analysis/memory-usage.ts'
import { readPointer } from '../memory/ranges.ts'
import type { Kernel } from './kernel.ts'
import { isKernelAddress } from './kernel-address.ts'
import { readPagingFiles } from './paging-files.ts'
import { readNonPagedPages, readPagedPages } from './pools/pool-pages.ts'
import { inPages, known, placeOf, type Reading, readNumber, readVariable, unknown, type Variables } from './reading.ts'

/** From here on the non-paged pool's limit is so high that the 80 % rule never applies (reference 9.3). */
const windows8 = 9200
/** 52 bits of physical address, and with PAE 37 bits: more pages than these no machine has. */
const maxPagesOf = { 4: 2 ** 25, 8: 2 ** 40 } as const
/** Pool is virtual memory as well: of 32 bits of address it cannot have more. */
const maxVirtualPagesOf = { 4: 2 ** 20, 8: 2 ** 40 } as const

/**
 * What `!vm` shows (reference 9.1), from the variables that the debugger data block points to; where its slot is zero,
 * as on current Windows, from a symbol of the same name. Every number is checked against the machine's memory: an
 * impossible one is null, and `sources` says what it read.
 */
export const readMemoryUsage = async (
  kernel: Kernel,
  resolveSymbol: (name: string) => bigint | null,
): Promise<MemoryUsage> => {
  const variables: Variables = { kernel, resolveSymbol }
  const physical = await readPhysicalPages(variables)
  const { pointerBytes } = kernel.memory
  const maxPages = maxPagesOf[pointerBytes]
  const most = physical.value ?? maxPages
  const mostPool = Math.min(most, maxVirtualPagesOf[pointerBytes])
  const bytes = Number.MAX_SAFE_INTEGER
  // Before Windows 8 the limit follows from the machine's memory, and never exceeds it.
  const maximum = plausible(
    inPages(await readVariable(variables, 'MmMaximumNonPagedPoolInBytes', bytes)),
    kernel.build < windows8 ? mostPool : maxVirtualPagesOf[pointerBytes],
  )
  const used = plausible(await readNonPagedPages(variables), Math.min(mostPool, maximum.value ?? mostPool))
  const pagedMaximum = plausible(
    inPages(await readVariable(variables, 'MmSizeOfPagedPoolInBytes', bytes)),
    maxVirtualPagesOf[pointerBytes],
  )
  const paged = await readPagedPages(variables)
  const pagedUsed = plausible(paged, pagedMaximum.value ?? maxVirtualPagesOf[pointerBytes])
  const excessive = await judgeNonPagedUse(variables, used.value, maximum.value, most)
  const pageFiles = await readPagingFiles(variables)
  const readings = {
    physicalPages: physical,
    availablePages: await readVariable(variables, 'MmAvailablePages', most),
    residentAvailablePages: await readVariable(variables, 'MmResidentAvailablePages', most),
    lockedIoPages: await readVariable(variables, 'MmSystemLockPagesCount', most),
    freeSystemPtes: await readFreePtes(variables, 0),
    freeNonPagedPtes: await readFreePtes(variables, 1),
    freeSpecialNonPaged: await readFreeSpecial(variables),
    modifiedPages: await readVariable(variables, 'MmModifiedPageListHead', most),
    committedPages: await readVariable(variables, 'MmTotalCommittedPages', maxPages),
    commitLimitPages: await readVariable(variables, 'MmTotalCommitLimit', maxPages),
    failedAllocations: await readFailures(variables),
  }
  const sources = Object.fromEntries(
    Object.entries({
      ...readings,
      'nonPagedPool.usedPages': used,
      'nonPagedPool.maximumPages': maximum,
      'nonPagedPool.excessive': excessive,
      'pagedPool.usedPages': pagedUsed,
      'pagedPool.maximumPages': pagedMaximum,
      pageFiles,
    }).map(([field, { source }]) => [field, source]),
  )
  const values = Object.fromEntries(Object.entries(readings).map(([field, { value }]) => [field, value])) as Record<
    keyof typeof readings,
    number | null
  >
  return {
    ...values,
    nonPagedPool: { usedPages: used.value, maximumPages: maximum.value, excessive: excessive.value },
    pagedPool: {
      usedPages: pagedUsed.value,
      maximumPages: pagedMaximum.value,
      pools: pagedUsed.value === null ? [] : paged.pools,
    },
    ...(pageFiles.files === null ? {} : { pageFiles: pageFiles.files }),
    sources,
  }
}

/**
 * Pages of memory: as the kernel counts them, else as its list of runs does or the copy of that in the dump's header.
 * How many pages the dump holds is another matter: a kernel dump holds few of them.
 */
const readPhysicalPages = async (variables: Variables): Promise<Reading> => {
  const { kernel } = variables
  const maxPages = maxPagesOf[kernel.memory.pointerBytes]
  const counter = placeOf(variables, 'MmNumberOfPhysicalPages')
  if (typeof counter !== 'string') {
    // 32 bits hold 16 TiB, more than any Windows that fills this slot can have; whether the variable of x64 is wider
    // than that is not known, and its upper half would be zero.
    const counted = await readNumber(variables, counter, maxPages, 4)
    if (counted.value !== null && counted.value > 0) return counted
  }
  const block = placeOf(variables, 'MmPhysicalMemoryBlock')
  const runs = typeof block === 'string' ? null : await readPointer(kernel.memory, block.address)
  if (typeof block !== 'string' && runs !== null && isKernelAddress(runs, kernel.memory.pointerBytes)) {
    // PHYSICAL_MEMORY_DESCRIPTOR: the number of runs, then that of pages, each as wide as a pointer.
    const place = { address: runs + BigInt(kernel.memory.pointerBytes), source: `NumberOfPages of ${block.source}` }
    const counted = await readNumber(variables, place, maxPages)
    if (counted.value !== null && counted.value > 0) return counted
  }
  const listed = kernel.header.runs?.reduce((sum, run) => sum + run.pageCount, 0)
  return listed === undefined
    ? unknown('Neither the kernel\u2019s variables nor the dump\u2019s header tell it.')
    : known(listed, 'the runs of physical memory in the dump\u2019s header')
}

/** A reading above what is possible becomes null and says so. */
const plausible = (reading: Reading, limit: number): Reading =>
  reading.value === null || reading.value <= limit
    ? reading
    : unknown(
        `${reading.source}, reads ${reading.value} pages, which is implausible: no more than ${limit} are possible.`,
      )

/** The debugger's own warning: more than four fifths of the maximum, in whole numbers (reference 9.3). */
export const isExcessive = (usedPages: number, maximumPages: number): boolean =>
  usedPages > 4 * Math.floor(maximumPages / 5)

const judgeNonPagedUse = async (
  variables: Variables,
  used: number | null,
  maximum: number | null,
  most: number,
): Promise<{ value: boolean | null; source: string }> => {
  const undecided = (source: string): { value: null; source: string } => ({ value: null, source })
  if (variables.kernel.build >= windows8)
    return undecided(
      'Since Windows 8 the maximum is far beyond any machine\u2019s memory, so that the 80 % rule says nothing.',
    )
  if (used === null || maximum === null || maximum === 0)
    return undecided('Usage or maximum is not known, so that the 80 % rule cannot be applied.')
  const rule = `${used} of ${maximum} pages; the rule is more than four fifths`
  if (isExcessive(used, maximum)) return { value: true, source: rule }
  // The one descriptor known may be one node's alone: Mm's own count would show it.
  const allocated = await readVariable(variables, 'MmAllocatedNonPagedPool', Math.min(most, maximum))
  return allocated.value !== null && isExcessive(allocated.value, maximum)
    ? undecided(
        `The pool descriptor counts ${used} pages and MmAllocatedNonPagedPool ${allocated.value}: they disagree on the 80 % rule.`,
      )
    : { value: false, source: rule }
}

/** MmTotalFreeSystemPtes: 0 system PTEs, 1 non-paged pool expansion; 32 bits each (ReactOS, ARM3/syspte.c). */
const readFreePtes = async (variables: Variables, index: 0 | 1): Promise<Reading> => {
  const place = placeOf(variables, 'MmTotalFreeSystemPtes')
  return typeof place === 'string'
    ? unknown(place)
    : readNumber(variables, { ...place, address: place.address + BigInt(4 * index) }, 2 ** 32, 4)
}

/** Special pool has no pages to spare where no tag is set to go there; how many it has otherwise is not known. */
const readFreeSpecial = async (variables: Variables): Promise<Reading> => {
  const place = placeOf(variables, 'MmSpecialPoolTag')
  if (typeof place === 'string') return unknown(place)
  const { value, source } = await readNumber(variables, place, 2 ** 32, 4)
  if (value === 0) return known(0, `${source}: no tag is set, so that special pool is not in use`)
  return unknown(value === null ? source : `${source}: special pool is in use; its free pages cannot be told.`)
}

/** ExPoolFailures, or the nine counters of MmPoolFailures: three pool types by three priorities (reference 8.10). */
const readFailures = async (variables: Variables): Promise<Reading> => {
  const failures = placeOf(variables, 'ExPoolFailures')
  if (typeof failures !== 'string') return readNumber(variables, failures, 2 ** 32, 4)
  const matrix = placeOf(variables, 'MmPoolFailures')
  if (typeof matrix === 'string') return unknown(failures)
  let sum = 0
  for (let index = 0; index < 9; index++) {
    const place = { ...matrix, address: matrix.address + BigInt(index * 4) }
    const { value, source } = await readNumber(variables, place, 2 ** 32, 4)
    if (value === null) return unknown(source)
    sum += value
  }
  return known(sum, `the nine counters of ${matrix.source}`)
}
