import type { Layout, TrackerCounters } from '../kernel/layout.ts'
import type { Random } from '../random.ts'
import { tagKey, writeWord } from '../words.ts'
import { bytesOf, type Census, outstanding, type PoolCount } from './census.ts'

/**
 * What the machine did with one tag in one kind of pool, all processors together. `allocations` and `frees` are true
 * numbers: the tables hold them modulo 2^32.
 */
export type Totals = {
  readonly allocations: number
  readonly frees: number
  readonly outstanding: number
  readonly bytes: number
}

export type TrackedTag = {
  readonly tag: string
  readonly nonPaged: Totals
  readonly paged: Totals
  readonly wraps: boolean
}

/** Where a key stands: multiply by 40543, fold the high half of the product in, mask; the next free slot after that (reference 8.5). */
const hashOf = (key: number, mask: number): number => {
  const product = BigInt(key) * 40543n
  return Number((product ^ (product >> 32n)) & BigInt(mask))
}

/**
 * The tracker's rows: what is outstanding comes from the census; how often a tag came and went is made up, in the
 * proportions of a machine that has been up for days. `wrapping` tags have had more than 2^32 allocations: their counters
 * went round, and only differences tell (reference 8.4).
 */
export const trackTags = (
  census: Census,
  quotaTags: ReadonlySet<string>,
  idle: readonly string[],
  churned: readonly string[],
  wrapping: ReadonlySet<string>,
  random: Random,
): TrackedTag[] => {
  const totals = (count: PoolCount | null, turnover: number, wraps: boolean): Totals => {
    const left = count === null ? 0 : outstanding(count)
    const frees = wraps ? 3 * 0x100000000 + random.u32() : Math.floor(turnover)
    return { allocations: frees + left, frees, outstanding: left, bytes: count === null ? 0 : bytesOf(count) }
  }
  const rows: TrackedTag[] = census.tags().map((count) => {
    const busy = quotaTags.has(count.tag) ? 0.02 : random.pick([0.5, 3, 40, 900])
    const turnover = (pool: PoolCount): number => outstanding(pool) * busy * (0.5 + random.u32() / 0x100000000)
    const wraps = wrapping.has(count.tag)
    return {
      tag: count.tag,
      nonPaged: totals(count.nonPaged, turnover(count.nonPaged), wraps),
      paged: totals(count.paged, turnover(count.paged), false),
      wraps,
    }
  })
  for (const tag of churned)
    rows.push({
      tag,
      nonPaged: totals(null, random.below(4_000_000), false),
      paged: totals(null, random.below(90_000), false),
      wraps: false,
    })
  for (const tag of idle)
    rows.push({ tag, nonPaged: totals(null, 0, false), paged: totals(null, 0, false), wraps: false })
  return rows
}

/** Splits a total over processors: allocations and frees each on their own, so that a processor may have freed more than it allocated. */
const share = (total: number, processors: number, random: Random): number[] => {
  const weights = Array.from({ length: processors }, () => 0.1 + random.u32() / 0x100000000)
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const parts = weights.map((weight) => Math.floor((total * weight) / sum))
  parts[0] += total - parts.reduce((all, part) => all + part, 0)
  return parts
}

/** Bytes go where the blocks went; the last processor makes the sum come out. */
const shareBytes = (total: number, counts: readonly number[], left: number, random: Random): number[] => {
  const average = left === 0 ? 64 : total / left
  const parts = counts.map((count) => Math.round((count * average + (random.below(33) - 16)) / 8) * 8)
  parts[parts.length - 1] += total - parts.reduce((all, part) => all + part, 0)
  return parts
}

/**
 * Writes one table for each processor, the same key at the same index in all of them; `keys` is a table that holds
 * nothing else, where a build has one. The last entry is the overflow bucket `Ovfl`.
 */
export const writeTrackerTables = (
  tables: readonly Buffer[],
  keys: Buffer | null,
  entries: number,
  rows: readonly TrackedTag[],
  layout: Layout,
  random: Random,
): void => {
  const { tracker, width } = layout
  const mask = entries - 2
  const keyed = keys === null ? tables : [keys, ...tables]
  const taken = new Set<number>()
  const slotOf = (tag: string): number => {
    let slot = hashOf(tagKey(tag), mask)
    while (taken.has(slot)) slot = (slot + 1) & mask
    taken.add(slot)
    return slot
  }
  const writeTotals = (slot: number, totals: Totals, at: TrackerCounters): void => {
    const allocations = share(totals.allocations, tables.length, random)
    const frees = share(totals.frees, tables.length, random)
    const counts = allocations.map((count, processor) => count - frees[processor])
    const bytes = shareBytes(totals.bytes, counts, totals.outstanding, random)
    for (const [processor, table] of tables.entries()) {
      const entry = slot * tracker.entryBytes
      writeWord(table, entry + at.allocations, allocations[processor], tracker.countBytes)
      writeWord(table, entry + at.frees, frees[processor], tracker.countBytes)
      writeWord(table, entry + at.bytes, bytes[processor], width)
    }
  }
  // The order tags came in decides who gives way to whom.
  for (const { tag, nonPaged, paged } of random.shuffle([...rows])) {
    const slot = slotOf(tag)
    for (const table of keyed) table.writeUInt32LE(tagKey(tag), slot * tracker.entryBytes)
    writeTotals(slot, nonPaged, tracker.nonPaged)
    writeTotals(slot, paged, tracker.paged)
  }
  for (const table of keyed) table.writeUInt32LE(tagKey('Ovfl'), (entries - 1) * tracker.entryBytes)
}
