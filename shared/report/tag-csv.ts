import type { PoolUsage } from '../analysis/pool-usage.ts'

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
 * Every pool tag as CSV (RFC 4180), sizes in bytes, an empty field where nothing was counted. A tag comes out of a dump
 * and may look like a formula; such a text gets an apostrophe before it, so that a spreadsheet does not run it.
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
  return [columns, ...counted, ...foundOnly].map((row) => `${row.map(field).join(',')}\r\n`).join('')
}

const field = (value: string | number | null): string => {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
