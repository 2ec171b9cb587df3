import { signed64, type Table } from './pool-table.ts'
import { isPrintableKey, overflowKey, plainKey } from './pool-tag.ts'
import type { TrackerLayout } from './pool-tracker-layout.ts'

/**
 * How far the first `entries` rows of some bytes look like a pool tracker table: an open hash table of 2^n rows and one
 * overflow row (reference 8.5). It never asks what a tag is, only whether the rows hang together.
 */
export type Examination = {
  readonly entries: number
  readonly readable: number
  readonly keyed: number
  /** Rows that no tracker would hold: counters without a key, absurd counters, an unprintable key, a key seen before. */
  readonly strange: number
  /** Whether both halves are readable for the most part and hold tags in like number, as hashing would spread them. */
  readonly even: boolean
  /** What stands in the last row: the overflow bucket's own key, nothing, anything else. */
  readonly last: 'overflow' | 'empty' | 'other' | 'unreadable'
  /** Share of tags at their hash or up to 8 rows after it, for the hash of Server 2003 (best of two readings of it). */
  readonly placed: number
}

/** Counts and bytes beyond these are no kernel's. */
const mostBlocks = 2 ** 48
const mostBytes = 2 ** 50
const probeDistance = 8

/** Looks at `entries` rows, the last of which would be the overflow row: 2^n + 1 of them. */
export const examineTracker = (table: Table, layout: TrackerLayout, entries: number): Examination => {
  const slots = entries - 1
  const half = slots >>> 1
  const seen = new Set<number>()
  const halves = [
    { readable: 0, keyed: 0 },
    { readable: 0, keyed: 0 },
  ]
  let strange = 0
  let xorPlaced = 0
  let addPlaced = 0
  for (let row = 0; row < slots; row++) {
    if (table.present[row] === 0) continue
    const side = halves[row < half ? 0 : 1]
    side.readable++
    const key = table.view.getUint32(row * table.entryBytes, true)
    if (key === 0) {
      if (!rowIsEmpty(table, layout, row)) strange++
      continue
    }
    side.keyed++
    if (!isPrintableKey(key) || seen.has(plainKey(key)) || !rowIsSane(table, layout, row)) strange++
    seen.add(plainKey(key))
    // 40543 × key is below 2^48, so a double holds it exactly; its two halves are folded into one.
    const product = 40543 * plainKey(key)
    const low = product >>> 0
    const high = Math.floor(product / 2 ** 32)
    if (((row - (low ^ high)) & (slots - 1)) <= probeDistance) xorPlaced++
    if (((row - (low + high)) & (slots - 1)) <= probeDistance) addPlaced++
  }
  const [first, second] = halves as [Half, Half]
  const keyed = first.keyed + second.keyed
  return {
    entries,
    readable: first.readable + second.readable,
    keyed,
    strange,
    even: isEven(first, second, half),
    last: lastRow(table, slots),
    placed: keyed === 0 ? 0 : Math.max(xorPlaced, addPlaced) / keyed,
  }
}

type Half = { readable: number; keyed: number }

const isEven = (first: Half, second: Half, half: number): boolean => {
  if (first.readable < half / 2 || second.readable < half / 2) return false
  const [low, high] = [first.keyed / first.readable, second.keyed / second.readable].sort((a, b) => a - b) as [
    number,
    number,
  ]
  return low >= high / 8
}

const lastRow = (table: Table, row: number): Examination['last'] => {
  if (table.present[row] !== 1) return 'unreadable'
  const key = plainKey(table.view.getUint32(row * table.entryBytes, true))
  return key === overflowKey ? 'overflow' : key === 0 ? 'empty' : 'other'
}

const pools = (layout: TrackerLayout) => [layout.nonPaged, layout.paged]

/** Whether a row's counters are all zero. */
export const rowIsEmpty = (table: Table, layout: TrackerLayout, row: number): boolean =>
  pools(layout).every(({ allocations, frees, bytes }) => {
    const at = row * table.entryBytes
    return (
      isZero(table.view, at + allocations, layout.countBytes) &&
      isZero(table.view, at + frees, layout.countBytes) &&
      isZero(table.view, at + bytes, layout.sizeBytes)
    )
  })

const isZero = (view: DataView, offset: number, width: 4 | 8): boolean =>
  view.getUint32(offset, true) === 0 && (width === 4 || view.getUint32(offset + 4, true) === 0)

/** 32-bit counters take any value, so only 64-bit ones can be absurd. One processor's own may be negative. */
export const rowIsSane = (table: Table, layout: TrackerLayout, row: number): boolean =>
  pools(layout).every(({ allocations, frees, bytes }) => {
    const at = row * table.entryBytes
    return (
      (layout.sizeBytes === 4 || Math.abs(signed64(table.view, at + bytes)) < mostBytes) &&
      (layout.countBytes === 4 ||
        (Math.abs(signed64(table.view, at + allocations)) < mostBlocks &&
          Math.abs(signed64(table.view, at + frees)) < mostBlocks))
    )
  })
