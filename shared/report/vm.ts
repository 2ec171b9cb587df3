import type { MemoryUsage } from '../analysis/memory-usage.ts'
import { pagesAndKb } from './debugger-text.ts'

/**
 * `!vm` as the debugger prints it. A line whose number the dump does not tell is not printed as zero or guessed at:
 * it is named at the end.
 */
export const renderVm = (usage: MemoryUsage): string => {
  const untold: string[] = []
  const line = (label: string, pages: number | null | undefined): string[] => {
    if (pages !== null && pages !== undefined) return [`${label}: ${pagesAndKb(pages)}`]
    untold.push(label)
    return []
  }
  const { nonPagedPool, pagedPool, pageFiles, failedAllocations } = usage
  if (pageFiles === undefined) untold.push('Page File')
  const lines = [
    '*** Virtual Memory Usage ***',
    ...line('Physical Memory', usage.physicalPages),
    ...(pageFiles ?? []).flatMap((file) => [
      `Page File: ${file.name ?? '<name paged out>'}`,
      `Current: ${file.currentKb} Kb Free Space: ${file.freeKb} Kb`,
      `Minimum: ${file.minimumKb} Kb Maximum: ${file.maximumKb} Kb`,
    ]),
    ...line('Available Pages', usage.availablePages),
    ...line('ResAvail Pages', usage.residentAvailablePages),
    ...line('Locked IO Pages', usage.lockedIoPages),
    ...line('Free System PTEs', usage.freeSystemPtes),
    ...line('Free NP PTEs', usage.freeNonPagedPtes),
    ...line('Free Special NP', usage.freeSpecialNonPaged),
    ...line('Modified Pages', usage.modifiedPages),
    // The same counter on the systems that print both lines (reference 9.1).
    ...line('Modified PF Pages', usage.modifiedPages),
    ...line('NonPagedPool Usage', nonPagedPool.usedPages),
    ...line('NonPagedPool Max', nonPagedPool.maximumPages),
    ...(nonPagedPool.excessive ? ['********** Excessive NonPaged Pool Usage *****'] : []),
    ...pagedPool.pools.map((pages, index) => `PagedPool ${index} Usage: ${pagesAndKb(pages)}`),
    ...line('PagedPool Usage', pagedPool.usedPages),
    ...line('PagedPool Maximum', pagedPool.maximumPages),
    ...(failedAllocations ? [`********** ${failedAllocations} pool allocations have failed **********`] : []),
    ...line('Committed pages', usage.committedPages),
    ...line('Commit limit', usage.commitLimitPages),
  ]
  if (failedAllocations === null) untold.push('failed pool allocations')
  if (untold.length > 0) lines.push(`Not told by this dump without symbols: ${untold.join(', ')}.`)
  return lines.join('\n')
}
