import { type Piece, readPieces } from '../bytes/read-plan.ts'
import type { ByteSource } from '../bytes/source.ts'
import { assertRange, type Gap, type VirtualMemory, type VirtualRange } from './virtual-memory.ts'

/** Bytes of the file that were virtual memory at `address`. */
export type MemoryBlock = { readonly address: bigint; readonly fileOffset: number; readonly size: number }

/**
 * Virtual memory of a dump that stores blocks of it instead of pages (reference 3.3). Blocks may overlap and lie in any
 * order: a byte that several hold is read from the one that begins first, of those that begin together from the first
 * listed. There are no page tables: `translate` tells of no address where it was in physical memory.
 */
export const blockMemory = (source: ByteSource, listed: readonly MemoryBlock[], pointerBytes: 4 | 8): VirtualMemory => {
  const blocks = withoutOverlaps(listed, pointerBytes)
  return {
    pointerBytes,
    translate: async () => ({ present: false, reason: 'not-in-dump' }),
    read: async (address, length): Promise<VirtualRange> => {
      assertRange(address, length)
      const bytes = new Uint8Array(length)
      const { pieces, gaps } = layOut(blocks, source.size, address, length)
      await readPieces(source, pieces, bytes)
      return { address, bytes, gaps }
    },
  }
}

/** The blocks as disjoint ones in ascending order, cut at the top of the address space. */
const withoutOverlaps = (listed: readonly MemoryBlock[], pointerBytes: 4 | 8): MemoryBlock[] => {
  const bits = pointerBytes * 8
  const top = 1n << BigInt(bits)
  const sorted = listed
    // On x86 the upper half of an address may be a sign extension.
    .map((block) => ({ ...block, address: BigInt.asUintN(bits, block.address) }))
    .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
  const disjoint: MemoryBlock[] = []
  let end = 0n
  for (const { address, fileOffset, size } of sorted) {
    const start = address > end ? address : end
    const last = address + BigInt(size)
    const blockEnd = last < top ? last : top
    if (blockEnd <= start) continue
    disjoint.push({
      address: start,
      fileOffset: fileOffset + Number(start - address),
      size: Number(blockEnd - start),
    })
    end = blockEnd
  }
  return disjoint
}

/** Which pieces of the file make up the range, and its holes. Pure; `blocks` are disjoint and ascending. */
const layOut = (
  blocks: readonly MemoryBlock[],
  fileBytes: number,
  address: bigint,
  length: number,
): { pieces: Piece[]; gaps: Gap[] } => {
  const pieces: Piece[] = []
  const gaps: Gap[] = []
  let done = 0
  const gapUntil = (offset: number, reason: Gap['reason']): void => {
    if (offset > done) gaps.push({ offset: done, length: offset - done, reason })
    done = Math.max(done, offset)
  }
  for (let index = firstEndingAfter(blocks, address); index < blocks.length; index++) {
    const block = blocks[index]
    if (block.address >= address + BigInt(length)) break
    const start = Math.max(0, Number(block.address - address))
    const end = Math.min(length, Number(block.address + BigInt(block.size) - address))
    gapUntil(start, 'not-in-dump')
    const fileOffset = block.fileOffset + Number(address + BigInt(start) - block.address)
    const present = Math.max(0, Math.min(end - start, fileBytes - fileOffset))
    if (present > 0) pieces.push({ fileOffset, length: present, target: start })
    done = start + present
    gapUntil(end, 'beyond-end-of-file')
  }
  gapUntil(length, 'not-in-dump')
  return { pieces, gaps }
}

const firstEndingAfter = (blocks: readonly MemoryBlock[], address: bigint): number => {
  let low = 0
  let high = blocks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (blocks[middle].address + BigInt(blocks[middle].size) <= address) low = middle + 1
    else high = middle
  }
  return low
}
