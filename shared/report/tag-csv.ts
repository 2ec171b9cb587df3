import type { PoolUsage } from '../analysis/pool-usage.ts'
import { csvLine } from './csv.ts'

const columns = [
  'tag',
  'nonpaged_allocations',
  'nonpaged_frees',
  'nonpaged_outstanding',
  'nonpaged_bytes',
  'paged_allocations',
  'paged_frees',
  'paged_outstanding',
  'paged_bytes',
  'scan_blocks',
  'scan_bytes',
  'owner',
  'meaning',
]

/**
 * Every pool tag as CSV, sizes in bytes, an empty field where nothing was counted.
 */
export const tagCsv = (pool: PoolUsage): string => {
  const scanned = new Map(pool.scan?.tags.map((row) => [row.tag, row]))
  const counted = pool.tags.map(({ tag, nonPaged, paged, owner, meaning }) => [
    tag,
    ...[nonPaged, paged].flatMap(({ allocations, frees, outstanding, bytes }) => [
      allocations,
      frees,
      outstanding,
      bytes,
    ]),
    scanned.get(tag)?.blocks ?? null,
    scanned.get(tag)?.bytes ?? null,
    owner,
    meaning,
  ])
  const known = new Set(pool.tags.map(({ tag }) => tag))
  const foundOnly = [...scanned.values()]
    .filter(({ tag }) => !known.has(tag))
    .map(({ tag, blocks, bytes }) => [tag, ...Array<null>(8).fill(null), blocks, bytes, null, null])
  return [columns, ...counted, ...foundOnly].map(csvLine).join('')
}
