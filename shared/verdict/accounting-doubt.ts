import type { Evidence } from '../analysis/finding.ts'
import type { TagUsage } from '../analysis/pool-usage.ts'
import { poolHeaderFormat } from '../kernel/pools/pool-header.ts'
import { evidence, evidenceTable } from './evidence.ts'
import type { Knowledge } from './knowledge.ts'
import { totalsOf } from './pressure.ts'
import { grouped, type PoolName, poolName } from './wording.ts'

const pageBytes = 4096

/** As many of the largest allocations as the pool stage lists; a shorter list is the whole table. */
const listedAllocations = 64

/**
 * What contradicts the bytes that the accounting books under a tag: no blocks, more than the pool's own counter of used
 * pages, or (in non-paged pool, where the pages were scanned and headers tile them) blocks that come to a small part of
 * it. A counter that lies blames nobody.
 */
export const accountingDoubts = (tag: string, pool: PoolName, knowledge: Knowledge): Evidence[] => {
  const usage = knowledge.pool?.tags.find((row) => row.tag === tag)
  if (usage === undefined) return []
  const { bytes, outstanding } = totalsOf(usage, pool)
  const { memory } = knowledge
  const counter = (pool === 'nonpaged' ? memory?.nonPagedPool : memory?.pagedPool)?.usedPages ?? null
  const doubt = (reason: string): Evidence[] => [
    evidence('blocks-not-found', `The accounting books ${grouped(bytes)} bytes under ${tag}, but ${reason}.`),
  ]
  if (outstanding === 0) return doubt('not a single block: the counter may be damaged')
  if (counter !== null && bytes > counter * pageBytes)
    return doubt(`${poolName(pool)} as a whole has ${grouped(counter)} pages in use: the counter may be damaged`)
  const found = pool === 'nonpaged' ? mostBytesFound(usage, knowledge) : null
  return found === null || found >= bytes * evidenceTable.bornOut
    ? []
    : doubt(`the blocks found come to ${grouped(found)} at most: the counter may be damaged`)
}

/** What the blocks of a tag in non-paged pool can come to; null where they were not all looked at. */
const mostBytesFound = ({ tag, nonPaged }: TagUsage, { dump, pool }: Knowledge): number | null => {
  if (pool?.scan === undefined || pool.source === 'scan' || dump.truncated || dump.build === null) return null
  const pointerBytes = dump.architecture === 'x86' || dump.architecture === 'x86-pae' ? 4 : 8
  if (poolHeaderFormat(dump.build, pointerBytes).pages !== 'chained') return null
  const big = pool.bigAllocations
  const large = big.filter((block) => block.tag === tag && block.paged !== true)
  const small = pool.scan.tags.find((row) => row.tag === tag) ?? { blocks: 0, bytes: 0 }
  const missing = Math.max(0, nonPaged.outstanding - small.blocks - large.length)
  const found = small.bytes + large.reduce((sum, { bytes }) => sum + bytes, 0)
  if (missing === 0) return found
  // Large blocks have no header: without the table of them those not found may be of any size.
  if (big.length === 0) return null
  // What a full list leaves out is no larger than its last.
  return big.length < listedAllocations ? found : found + missing * Math.min(...big.map(({ bytes }) => bytes))
}
