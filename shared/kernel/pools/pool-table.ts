import { viewOf } from '../../bytes/view.ts'
import { absentBytes } from '../../memory/ranges.ts'
import type { VirtualMemory } from '../../memory/virtual-memory.ts'

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
  for (const gap of gaps)
    present.fill(0, Math.floor(gap.offset / entryBytes), Math.ceil((gap.offset + gap.length) / entryBytes))
  return { address, entryBytes, entries, view: viewOf(bytes), present, readBytes: length - absentBytes(gaps) }
}

/** A 64-bit little-endian integer as a number: exact within ±2^53, which is every count a kernel can reach. */
export const signed64 = (view: DataView, offset: number): number =>
  view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true)
