import type { Reader } from './reader.ts'

export type TrackedPool = { allocations: number; frees: number; bytes: number }
export type TrackedRow = { slot: number; nonPaged: TrackedPool; paged: TrackedPool }

/** Offsets within a POOL_TRACKER_TABLE entry (reference 8.4, before 10 1709). */
const shapes = {
  4: { entry: 0x1c, nonPaged: [4, 8, 0xc], paged: [0x10, 0x14, 0x18] },
  8: { entry: 0x28, nonPaged: [4, 8, 0x10], paged: [0x18, 0x1c, 0x20] },
} as const

/** One table: key → row, counters as stored. */
export const trackerTable = (dump: Reader, address: bigint, entries: number): Map<string, TrackedRow> => {
  const { entry, nonPaged, paged } = shapes[dump.pointerBytes]
  const bytes = dump.read(address, entries * entry)
  const rows = new Map<string, TrackedRow>()
  for (let slot = 0; slot < entries; slot++) {
    const at = slot * entry
    if (bytes.readUInt32LE(at) === 0) continue
    const pool = ([allocations, frees, used]: readonly number[]): TrackedPool => ({
      allocations: bytes.readUInt32LE(at + allocations),
      frees: bytes.readUInt32LE(at + frees),
      bytes: dump.pointerBytes === 8 ? Number(bytes.readBigInt64LE(at + used)) : bytes.readInt32LE(at + used),
    })
    rows.set(bytes.toString('latin1', at, at + 4), { slot, nonPaged: pool(nonPaged), paged: pool(paged) })
  }
  return rows
}

const wrap32 = (value: number): number => ((value % 2 ** 32) + 2 ** 32) % 2 ** 32

/** Outstanding and bytes of a tag over all tables: counts modulo 2^32, bytes modulo the machine's word (reference 8.5). */
export const sumOver = (
  dump: Reader,
  tables: readonly Map<string, TrackedRow>[],
  tag: string,
  kind: 'nonPaged' | 'paged',
) => {
  const rows = tables.map((table) => table.get(tag)![kind])
  const sum = (pick: (row: TrackedPool) => number): number => rows.reduce((total, row) => total + pick(row), 0)
  const bytes = sum((row) => row.bytes)
  return {
    outstanding: wrap32(sum(({ allocations, frees }) => allocations - frees)),
    bytes: dump.pointerBytes === 4 ? wrap32(bytes) : bytes,
  }
}
