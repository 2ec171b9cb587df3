import { z } from 'zod'
import { Count } from './scalars.ts'

const Pages = Count.nullable()

/**
 * What `!vm` shows, in pages of 4,096 bytes. A number is null when the dump does not tell it;
 * `sources` says for every field, by its path (`nonPagedPool.usedPages`), where it came from or why it is null.
 */
export const MemoryUsage = z.object({
  physicalPages: Pages,
  availablePages: Pages,
  residentAvailablePages: Pages,
  lockedIoPages: Pages,
  freeSystemPtes: Pages,
  modifiedPages: Pages,
  nonPagedPool: z.object({ usedPages: Pages, maximumPages: Pages, excessive: z.boolean().nullable() }),
  pagedPool: z.object({ usedPages: Pages, maximumPages: Pages, pools: z.array(Count) }),
  committedPages: Pages,
  commitLimitPages: Pages,
  failedAllocations: Count.nullable(),
  /** Present with a symbol map that names them: further lines of `!vm`. */
  freeNonPagedPtes: Pages.optional(),
  /** Zero where special pool is not in use. */
  freeSpecialNonPaged: Pages.optional(),
  pageFiles: z
    .array(
      z.object({
        name: z.string().nullable(),
        currentKb: Count,
        freeKb: Count,
        minimumKb: Count,
        maximumKb: Count,
      }),
    )
    .optional(),
  sources: z.record(z.string(), z.string()),
})
export type MemoryUsage = z.infer<typeof MemoryUsage>
