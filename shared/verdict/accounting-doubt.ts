import type { Evidence } from '../analysis/finding.ts'
import { poolHeaderFormat } from '../kernel/pool-header.ts'
import { evidence, evidenceTable } from './evidence.ts'
import type { Knowledge } from './knowledge.ts'
import { grouped } from './wording.ts'

/** As many of the largest allocations as the pool stage lists; a shorter list is the whole table. */
const listedAllocations = 64

/**
 * Whether the blocks that were found bear out what the accounting books under a tag in non-paged pool. Where the pages were
 * scanned and headers tile them, a tag with a small part of its bytes in blocks is a counter that lies, and blames nobody.
 */
export const accountingDoubts = (tag: string, { dump, pool }: Knowledge): Evidence[] => {
  if (pool?.scan === undefined || pool.source === 'scan' || dump.truncated || dump.build === null) return []
  const pointerBytes = dump.architecture === 'x86' || dump.architecture === 'x86-pae' ? 4 : 8
  if (poolHeaderFormat(dump.build, pointerBytes).pages !== 'chained') return []
  const big = pool.bigAllocations
  const { bytes: booked, outstanding } = pool.tags.find((row) => row.tag === tag)?.nonPaged ?? {
    bytes: 0,
    outstanding: 0,
  }
  const large = big.filter((block) => block.tag === tag && block.paged !== true)
  const small = pool.scan.tags.find((row) => row.tag === tag) ?? { blocks: 0, bytes: 0 }
  // Large blocks have no header: without the table of them those not found may be of any size.
  if (big.length === 0 && small.blocks < outstanding) return []
  // What a full list leaves out is no larger than its last.
  const unlisted = big.length < listedAllocations ? 0 : Math.max(0, outstanding - small.blocks - large.length)
  const found =
    small.bytes +
    large.reduce((sum, { bytes }) => sum + bytes, 0) +
    (unlisted === 0 ? 0 : unlisted * Math.min(...big.map(({ bytes }) => bytes)))
  if (found >= booked * evidenceTable.bornOut) return []
  return [
    evidence(
      'blocks-not-found',
      `The accounting books ${grouped(booked)} bytes under ${tag}, but the blocks found come to ${grouped(found)} at most: the counter may be damaged.`,
    ),
  ]
}
