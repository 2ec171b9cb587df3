import type { Gap, VirtualMemory, VirtualRange } from './virtual-memory.ts'

/** Whether every byte of the part is there. `offset` and `length` in bytes from the range's start. */
export const isPresent = (range: VirtualRange, offset: number, length: number): boolean =>
  offset >= 0 &&
  offset + length <= range.bytes.length &&
  !range.gaps.some((gap) => gap.offset < offset + length && offset < gap.offset + gap.length)

/** A test of the same for many parts of one range, asked in any order: logarithmic in the number of gaps. */
export const presenceOf = (range: VirtualRange): ((offset: number, length: number) => boolean) => {
  const { gaps, bytes } = range
  return (offset, length) => {
    if (offset < 0 || offset + length > bytes.length) return false
    let low = 0
    let high = gaps.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (gaps[middle].offset + gaps[middle].length <= offset) low = middle + 1
      else high = middle
    }
    return low === gaps.length || gaps[low].offset >= offset + length
  }
}

/** Gaps of several reads of one range as one list: ascending, none counted twice. */
export const mergeGaps = (gaps: readonly Gap[]): Gap[] => {
  const merged: Gap[] = []
  let end = 0
  for (const gap of [...gaps].sort((a, b) => a.offset - b.offset)) {
    const offset = Math.max(gap.offset, end)
    const gapEnd = gap.offset + gap.length
    if (gapEnd <= offset) continue
    merged.push({ ...gap, offset, length: gapEnd - offset })
    end = gapEnd
  }
  return merged
}

/** Bytes in gaps that do not overlap. */
export const absentBytes = (gaps: readonly Gap[]): number => gaps.reduce((sum, gap) => sum + gap.length, 0)

/** All the bytes of a range, or null if one of them is absent. */
export const readWhole = async (memory: VirtualMemory, address: bigint, length: number): Promise<Uint8Array | null> => {
  const range = await memory.read(address, length)
  return range.gaps.length === 0 ? range.bytes : null
}

/** A pointer-sized word, or null if it is absent. */
export const readPointer = async (memory: VirtualMemory, address: bigint): Promise<bigint | null> => {
  const bytes = await readWhole(memory, address, memory.pointerBytes)
  return bytes === null ? null : pointerAt(bytes, 0, memory.pointerBytes)
}

/** An unsigned word of four bytes, or null if it is absent. */
export const readU32 = async (memory: VirtualMemory, address: bigint): Promise<number | null> => {
  const bytes = await readWhole(memory, address, 4)
  return bytes === null ? null : Number(pointerAt(bytes, 0, 4))
}

/** The unsigned word of 4 or 8 bytes at an offset. */
export const pointerAt = (bytes: Uint8Array, offset: number, pointerBytes: 4 | 8): bigint => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return pointerBytes === 4 ? BigInt(view.getUint32(offset, true)) : view.getBigUint64(offset, true)
}
