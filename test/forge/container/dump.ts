import { pageBytes } from '../memory/physical.ts'
import type { StoredRun } from './stored-pages.ts'

/** A dump as the pieces it is written in. */
export type Dump = {
  /** In the words of the contract's `format`. */
  readonly format: 'full' | 'kernel' | 'bitmap' | 'automatic' | 'active' | 'live' | 'triage' | 'header-only'
  readonly bytes: number
  /** What the container lists, in the order of the file. */
  readonly runs: readonly { readonly base: number; readonly pages: number }[]
  readonly pieces: readonly Buffer[]
  /** Where a page lies in the file, or would lie were the file not cut; null when the container does not list it. */
  offsetOf(pfn: number): number | null
}

/** A dump whose pages lie one run after another behind `front`. */
export const pagesBehind = (format: Dump['format'], front: Buffer, runs: readonly StoredRun[]): Dump => {
  const placed: { base: number; pages: number; offset: number }[] = []
  let offset = front.length
  for (const { base, pages } of runs) {
    placed.push({ base, pages, offset })
    offset += pages * pageBytes
  }
  return {
    format,
    bytes: offset,
    runs: runs.map(({ base, pages }) => ({ base, pages })),
    pieces: [front, ...runs.flatMap((run) => run.pieces)],
    offsetOf: (pfn) => {
      const run = placed.find(({ base, pages }) => pfn >= base && pfn < base + pages)
      return run === undefined ? null : run.offset + (pfn - run.base) * pageBytes
    },
  }
}

/** A dump without pages. */
export const withoutPages = (format: Dump['format'], bytes: Buffer): Dump => ({
  format,
  bytes: bytes.length,
  runs: [],
  pieces: [bytes],
  offsetOf: () => null,
})

/** The first `bytes` bytes of a dump: what an upload that broke off leaves. */
export const cutDump = (dump: Dump, bytes: number): Dump => {
  const pieces: Buffer[] = []
  let left = Math.min(bytes, dump.bytes)
  for (const piece of dump.pieces) {
    if (left <= 0) break
    pieces.push(piece.subarray(0, left))
    left -= Math.min(left, piece.length)
  }
  return { ...dump, bytes: Math.min(bytes, dump.bytes), pieces }
}
