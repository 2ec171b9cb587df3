import type { DescriptorLayout } from '../kernel/layout.ts'
import { type Va, type Width, wrap32, writeWord } from '../words.ts'
import type { Pool } from './pool.ts'

/** Writes a POOL_DESCRIPTOR (reference 8.8), its list heads included. */
export const writeDescriptor = (
  descriptor: Buffer,
  va: Va,
  pool: Pool,
  at: DescriptorLayout,
  width: Width,
  totals: { readonly frees: number; readonly outstanding: number; readonly bytes: number },
): void => {
  descriptor.writeUInt32LE(pool.paged ? 1 : 0, 0)
  descriptor.writeUInt32LE(pool.index, at.poolIndex)
  descriptor.writeUInt32LE(wrap32(totals.frees + totals.outstanding), at.runningAllocs)
  descriptor.writeUInt32LE(wrap32(totals.frees), at.runningFrees)
  if (at.givenBack === null) {
    descriptor.writeUInt32LE(pool.smallPages(), at.totalPages)
    descriptor.writeUInt32LE(pool.bigPages(), at.totalBigPages)
    if (at.totalBytes !== null) writeWord(descriptor, at.totalBytes, totals.bytes, width)
  } else {
    const { pages, bigPages, bytes } = at.givenBack
    for (const [taken, back, value] of [
      [at.totalPages, pages, pool.smallPages()],
      [at.totalBigPages, bigPages, pool.bigPages()],
      [at.totalBytes, bytes, totals.bytes],
    ] as const) {
      if (taken === null) continue
      writeWord(descriptor, taken, value * 3, 8)
      writeWord(descriptor, back, value * 2, 8)
    }
  }
  pool.writeListHeads(descriptor, va)
}
