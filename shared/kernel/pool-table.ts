import type { VirtualMemory } from '../memory/virtual-memory.ts'

/** An array of fixed-size entries read from kernel memory; `present[i]` is 1 when entry i was wholly in the dump. */
export type Table = {
  readonly address: bigint
  readonly entryBytes: number
  readonly entries: number
  readonly view: DataView
  readonly present: Uint8Array
  readonly readBytes: number
}

/** Reads `entries` entries at `address`. Absent bytes are not errors: their entries are marked, and must not be used. */
export const readTable = async (
  memory: VirtualMemory,
  address: bigint,
  entryBytes: number,
  entries: number,
): Promise<Table> => {
  const length = entryBytes * entries
  const { bytes, gaps } = await memory.read(address, length)
  const present = new Uint8Array(entries).fill(1)
  let missing = 0
  for (const gap of gaps) {
    missing += gap.length
    present.fill(0, Math.floor(gap.offset / entryBytes), Math.ceil((gap.offset + gap.length) / entryBytes))
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { address, entryBytes, entries, view, present, readBytes: length - missing }
}

/** Reads one pointer, or null when any of its bytes is absent. */
export const readPointer = async (memory: VirtualMemory, address: bigint): Promise<bigint | null> => {
  const { bytes, gaps } = await memory.read(address, memory.pointerBytes)
  if (gaps.length > 0) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return memory.pointerBytes === 4 ? BigInt(view.getUint32(0, true)) : view.getBigUint64(0, true)
}

/** A 64-bit little-endian integer as a number: exact within ±2^53, which is every count a kernel can reach. */
export const signed64 = (view: DataView, offset: number): number =>
  view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true)

/**
 * Whether an address can be kernel memory: the upper half of 32 bits, or the sign-extended upper half of 57 (LA57) or
 * 48 bits.
 */
export const isKernelAddress = (address: bigint, pointerBytes: 4 | 8): boolean =>
  pointerBytes === 4 ? address >= 0x80000000n && address <= 0xffffffffn : address >= 0xff000000_00000000n
