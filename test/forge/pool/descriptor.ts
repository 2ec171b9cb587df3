import type { Layout } from '../kernel/layout.ts'
import { type Va, wrap32, writeWord } from '../words.ts'
import type { Pool } from './pool.ts'

/** Writes a POOL_DESCRIPTOR (reference 8.8), its list heads included. */
export const writeDescriptor = (
  descriptor: Buffer,
  va: Va,
  pool: Pool,
  layout: Layout,
  totals: { readonly frees: number; readonly outstanding: number; readonly bytes: number },
): void => {
  const at = layout.descriptor
  descriptor.writeUInt32LE(pool.paged ? 1 : 0, 0)
  descriptor.writeUInt32LE(pool.index, at.poolIndex)
  descriptor.writeUInt32LE(wrap32(totals.frees + totals.outstanding), at.runningAllocs)
  descriptor.writeUInt32LE(wrap32(totals.frees), at.runningFrees)
  descriptor.writeUInt32LE(pool.smallPages(), at.totalPages)
  descriptor.writeUInt32LE(pool.bigPages(), at.totalBigPages)
  writeWord(descriptor, at.totalBytes, totals.bytes, layout.width)
  pool.writeListHeads(descriptor, va)
}
