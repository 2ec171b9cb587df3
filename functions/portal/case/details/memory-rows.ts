import type { MemoryUsage } from '../../../../shared/analysis/memory-usage.ts'

export type MemoryRow = {
  readonly label: string
  readonly value: number | null
  /** Pages are 4,096 bytes. */
  readonly unit: 'pages' | 'count' | 'KiB'
  /** Where the number came from, or why there is none. */
  readonly source: string | null
}

/** The lines of `!vm`, in its order. */
export const memoryRows = (memory: MemoryUsage): MemoryRow[] => {
  const row = (label: string, path: string, value: number | null, unit: MemoryRow['unit'] = 'pages'): MemoryRow => ({
    label,
    value,
    unit,
    source: memory.sources[path] ?? null,
  })
  const { nonPagedPool, pagedPool } = memory
  return [
    row('Physical memory', 'physicalPages', memory.physicalPages),
    ...(memory.pageFiles ?? []).flatMap((file, index) => [
      row(`Page file ${file.name ?? index + 1}: current`, 'pageFiles', file.currentKb, 'KiB'),
      row(`Page file ${file.name ?? index + 1}: free`, 'pageFiles', file.freeKb, 'KiB'),
      row(`Page file ${file.name ?? index + 1}: minimum`, 'pageFiles', file.minimumKb, 'KiB'),
      row(`Page file ${file.name ?? index + 1}: maximum`, 'pageFiles', file.maximumKb, 'KiB'),
    ]),
    row('Available', 'availablePages', memory.availablePages),
    row('Resident available', 'residentAvailablePages', memory.residentAvailablePages),
    row('Locked I/O', 'lockedIoPages', memory.lockedIoPages),
    row('Free system PTEs', 'freeSystemPtes', memory.freeSystemPtes),
    ...(memory.freeNonPagedPtes === undefined
      ? []
      : [row('Free nonpaged PTEs', 'freeNonPagedPtes', memory.freeNonPagedPtes)]),
    ...(memory.freeSpecialNonPaged === undefined
      ? []
      : [row('Free special nonpaged', 'freeSpecialNonPaged', memory.freeSpecialNonPaged)]),
    row('Modified', 'modifiedPages', memory.modifiedPages),
    row('NonPagedPool in use', 'nonPagedPool.usedPages', nonPagedPool.usedPages),
    row('NonPagedPool maximum', 'nonPagedPool.maximumPages', nonPagedPool.maximumPages),
    ...pagedPool.pools.map((pages, index) => row(`PagedPool ${index} in use`, 'pagedPool.pools', pages)),
    row('PagedPool in use', 'pagedPool.usedPages', pagedPool.usedPages),
    row('PagedPool maximum', 'pagedPool.maximumPages', pagedPool.maximumPages),
    row('Committed', 'committedPages', memory.committedPages),
    row('Commit limit', 'commitLimitPages', memory.commitLimitPages),
    row('Failed pool allocations', 'failedAllocations', memory.failedAllocations, 'count'),
  ]
}
