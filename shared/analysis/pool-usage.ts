import { z } from 'zod'
import { Count, HexAddress } from './scalars.ts'

export const Totals = z.object({ allocations: Count, frees: Count, outstanding: Count, bytes: Count })
export type Totals = z.infer<typeof Totals>

/** One row of `!poolused`. The tag is four characters in memory order, unprintable bytes as `\xHH`. */
export const TagUsage = z.object({
  tag: z.string(),
  nonPaged: Totals,
  paged: Totals,
  owner: z.string().nullable(),
  meaning: z.string().nullable(),
})
export type TagUsage = z.infer<typeof TagUsage>

export const BigAllocation = z.object({
  address: HexAddress,
  tag: z.string(),
  bytes: Count,
  paged: z.boolean().nullable(),
})
export type BigAllocation = z.infer<typeof BigAllocation>

/** What the pool scan counted: allocated blocks found by their headers in the pages of the dump. */
export const PoolScan = z.object({
  pagesScanned: Count,
  blocks: Count,
  tags: z.array(z.object({ tag: z.string(), blocks: Count, bytes: Count })),
  /**
   * How far the blocks found agree with the tracker, by bytes: 1 for wholly, below 0.5 they contradict each other
   * (or pages are missing) and nothing may be concluded from blocks alone. Absent where the two could not be compared.
   */
  agreement: z.number().min(0).max(1).optional(),
})
export type PoolScan = z.infer<typeof PoolScan>

export const PoolUsage = z.object({
  source: z.enum(['tracker', 'scan', 'both']),
  /** True when only part of the accounting could be read, so that every figure is "at least". */
  lowerBound: z.boolean(),
  processors: Count.nullable(),
  tags: z.array(TagUsage),
  bigAllocations: z.array(BigAllocation),
  scan: PoolScan.optional(),
  /** What one session has in the pool of its own, where its tracker was found; `process` is whose page tables showed it. */
  session: z.object({ process: z.string().nullable(), tags: z.array(TagUsage) }).optional(),
})
export type PoolUsage = z.infer<typeof PoolUsage>
