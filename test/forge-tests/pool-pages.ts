import type { Reader } from './reader.ts'

export type PoolBlock = { offset: number; bytes: number; poolType: number; tag: string }

/** Follows the headers of a page from its first byte (reference 8.1); null when they don't chain to its end. */
const chainPage = (dump: Reader, page: Buffer): PoolBlock[] | null => {
  const unit = dump.pointerBytes === 8 ? 16 : 8
  const blocks: PoolBlock[] = []
  let previous = 0
  for (let offset = 0; offset < 0x1000; ) {
    const header =
      dump.pointerBytes === 8
        ? { previous: page[offset], size: page[offset + 2], type: page[offset + 3] }
        : {
            previous: page.readUInt16LE(offset) & 0x1ff,
            size: page.readUInt16LE(offset + 2) & 0x1ff,
            type: page.readUInt16LE(offset + 2) >> 9,
          }
    if (header.size === 0 || header.previous !== previous || offset + header.size * unit > 0x1000) return null
    const tag = Buffer.from(page.subarray(offset + 4, offset + 8))
    tag[3] &= 0x7f // PROTECTED_POOL (reference 8.2)
    blocks.push({ offset, bytes: header.size * unit, poolType: header.type, tag: tag.toString('latin1') })
    previous = header.size
    offset += header.size * unit
  }
  return blocks
}

/** Whether a block is in use, and in which pool, by era (reference 8.2). */
const kindOf = (poolType: number, build: number): 'nonPaged' | 'paged' | 'free' => {
  if (build < 6000) {
    if ((poolType & 4) === 0) return 'free'
    return (poolType & 1) === 1 ? 'nonPaged' : 'paged'
  }
  if (poolType === 0) return 'free'
  return (poolType & 1) === 1 ? 'paged' : 'nonPaged'
}

/** Every page's chain within a range of addresses: how many blocks and bytes each tag has in use. */
export const censusOf = (dump: Reader, ranges: readonly (readonly [bigint, bigint])[], build: number) => {
  const census = {
    nonPaged: new Map<string, { blocks: number; bytes: number }>(),
    paged: new Map<string, { blocks: number; bytes: number }>(),
  }
  let pages = 0
  let chained = 0
  for (const [start, end] of ranges)
    for (let at = start; at < end; at += 0x1000n) {
      const page = dump.page(at)
      if (typeof page === 'string') continue
      pages++
      const blocks = chainPage(dump, page)
      if (blocks === null) continue
      chained++
      for (const { poolType, tag, bytes } of blocks) {
        const kind = kindOf(poolType, build)
        if (kind === 'free') continue
        const row = census[kind].get(tag) ?? { blocks: 0, bytes: 0 }
        census[kind].set(tag, { blocks: row.blocks + 1, bytes: row.bytes + bytes })
      }
    }
  return { ...census, pages, chained }
}
