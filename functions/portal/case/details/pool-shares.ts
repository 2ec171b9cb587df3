import type { Analysis } from '../../../../shared/analysis/analysis.ts'
import type { Finding } from '../../../../shared/analysis/finding.ts'

/** A part of a pool, in bytes: what the finding's tag holds, what others hold, what is free up to the pool's maximum. */
export type PoolShares = {
  readonly pool: 'NonPagedPool' | 'PagedPool'
  readonly tag: string
  readonly tagBytes: number
  readonly otherBytes: number
  /** Null where the maximum is not known. */
  readonly freeBytes: number | null
}

const pageBytes = 4096

/** How a finding's pool is shared out; null where the dump does not tell how much of it is in use. */
export const poolShares = ({ memory }: Pick<Analysis, 'memory'>, finding: Finding): PoolShares | null => {
  if (memory === null || finding.pool === null || finding.tag === null || finding.bytes === null) return null
  const { usedPages, maximumPages } = finding.pool === 'paged' ? memory.pagedPool : memory.nonPagedPool
  if (usedPages === null) return null
  const used = Math.max(usedPages * pageBytes, finding.bytes)
  return {
    pool: finding.pool === 'paged' ? 'PagedPool' : 'NonPagedPool',
    tag: finding.tag,
    tagBytes: finding.bytes,
    otherBytes: used - finding.bytes,
    freeBytes: maximumPages === null ? null : Math.max(0, maximumPages * pageBytes - used),
  }
}
