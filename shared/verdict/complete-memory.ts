import type { MemoryUsage } from '../analysis/memory-usage.ts'
import type { PoolUsage } from '../analysis/pool-usage.ts'
import { totalsOf } from './pressure.ts'
import type { PoolName } from './wording.ts'

const pageBytes = 4096

/**
 * Fills the pool lines of `!vm` that no counter tells from the tag accounting: pages that the tags' bytes come to.
 * Blocks share pages and pages are not always full, so the figure is at least that; `sources` says so. A counter that
 * was read is never replaced, and an accounting known in part fills nothing in.
 */
export const completeMemory = (memory: MemoryUsage | null, pool: PoolUsage | null): MemoryUsage | null => {
  if (memory === null || pool === null || pool.lowerBound) return memory
  const pages = (name: PoolName): number =>
    Math.ceil(pool.tags.reduce((sum, tag) => sum + totalsOf(tag, name).bytes, 0) / pageBytes)
  const source = "the sum over all tags of the kernel's pool accounting, without what pages waste"
  const { nonPagedPool, pagedPool } = memory
  const fills = {
    ...(nonPagedPool.usedPages === null ? { 'nonPagedPool.usedPages': source } : {}),
    ...(pagedPool.usedPages === null ? { 'pagedPool.usedPages': source } : {}),
  }
  return {
    ...memory,
    nonPagedPool: { ...nonPagedPool, usedPages: nonPagedPool.usedPages ?? pages('nonpaged') },
    pagedPool: { ...pagedPool, usedPages: pagedPool.usedPages ?? pages('paged') },
    sources: { ...memory.sources, ...fills },
  }
}
