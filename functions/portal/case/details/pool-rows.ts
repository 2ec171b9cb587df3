import type { PoolUsage, TagUsage } from '../../../../shared/analysis/pool-usage.ts'

/** One tag: what the kernel's own tables count, and what the scan of the pages found. Null where one has no entry. */
export type PoolRow = {
  readonly tag: string
  readonly counted: TagUsage | null
  readonly scanned: { readonly blocks: number; readonly bytes: number } | null
}

/** Every tag that the tables or the scan know. */
export const poolRows = (pool: PoolUsage): PoolRow[] => {
  const rows = new Map<string, PoolRow>()
  for (const usage of pool.tags) rows.set(usage.tag, { tag: usage.tag, counted: usage, scanned: null })
  for (const { tag, blocks, bytes } of pool.scan?.tags ?? [])
    rows.set(tag, { tag, counted: rows.get(tag)?.counted ?? null, scanned: { blocks, bytes } })
  return [...rows.values()]
}

/** Where the figures come from, as a sentence, and whether they are a lower bound. */
export const poolSourceSentence = (pool: PoolUsage): string => {
  const from = {
    tracker: 'Counted by the kernel’s own tag tables.',
    scan: 'Found by scanning pool pages, because the kernel’s tag tables could not be read.',
    both: 'Counted by the kernel’s own tag tables, with a scan of the pool pages as a cross-check.',
  }[pool.source]
  return pool.lowerBound ? `${from} Only part could be read: every figure means “at least”.` : from
}
