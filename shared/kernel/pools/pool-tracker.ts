import type { VirtualMemory } from '../../memory/virtual-memory.ts'
import { isKernelAddress } from '../kernel-address.ts'
import { readTable, type Table } from './pool-table.ts'
import { type Examination, examineTracker } from './pool-tracker-examination.ts'
import { type TrackerLayout, trackerLayoutsFor } from './pool-tracker-layout.ts'

/** PoolTrackTable, found and sized. */
export type TrackerTable = {
  readonly layout: TrackerLayout
  readonly table: Table
  /** How its size was established: by a symbol, by the hash of its keys, by its shape, or only as "at least". */
  readonly sizedBy: 'symbol' | 'hash' | 'shape' | 'at-least'
  /** One sentence for the transcript: what speaks for layout and size. */
  readonly evidence: string
}

export type TrackerSearch =
  | { readonly tracker: TrackerTable; readonly reason: null }
  | { readonly tracker: null; readonly reason: string }

export type TrackerQuery = {
  /** Where the table starts. */
  readonly address: bigint
  readonly build: number
  /** PoolTrackTableSize, where symbols give it. */
  readonly entries?: number | null
}

const smallestExponent = 6
const largestExponent = 17
const firstReadExponent = 12
const fewestTags = 8

/**
 * Finds layout and size of the tracker table (reference 8.4 to 8.6). No symbol tells the size, so tables of 2^n + 1 rows
 * are tried with every entry layout of the architecture, the build's own first. What follows the table in memory may
 * be zeroes, junk, or another processor's table that looks just as good: a doubled size is refused when its second half
 * holds too few tags, strange rows, or tags of the first half again. Reads little more than four times the table.
 */
export const findTracker = async (memory: VirtualMemory, query: TrackerQuery): Promise<TrackerSearch> => {
  const { address, build } = query
  if (address === 0n)
    return { tracker: null, reason: 'PoolTrackTable is empty: pool tagging is off, as on Windows XP unless turned on.' }
  if (!isKernelAddress(address, memory.pointerBytes) || address % BigInt(memory.pointerBytes) !== 0n)
    return { tracker: null, reason: `PoolTrackTable points to 0x${address.toString(16)}, which is no kernel table.` }
  const known = query.entries != null && query.entries > fewestTags && query.entries <= 2 ** largestExponent + 1
  for (const layout of trackerLayoutsFor(build, memory.pointerBytes)) {
    const tracker =
      (known && (await sizedBySymbol(memory, address, layout, query.entries!))) ||
      (await sizedByContent(memory, address, layout))
    if (tracker !== null) return { tracker, reason: null }
  }
  const { readBytes } = await readTable(memory, address, 4096, 1)
  return {
    tracker: null,
    reason:
      readBytes === 0
        ? `The table PoolTrackTable points to, at 0x${address.toString(16)}, is not in the dump.`
        : `The bytes at 0x${address.toString(16)} fit none of the known tracker table layouts; pool tagging may be off (XP) or the layout new.`,
  }
}

/**
 * Whether a tracker table may begin at `address`: its first 64 rows hold tags, and few that no tracker would hold. One
 * page is read or two, so that a search can ask it of many places before it reads a whole table at one of them.
 */
export const mayBeginTracker = async (memory: VirtualMemory, { address, build }: TrackerQuery): Promise<boolean> => {
  for (const layout of trackerLayoutsFor(build, memory.pointerBytes)) {
    const entries = 2 ** smallestExponent + 1
    const examined = examineTracker(await readTable(memory, address, layout.entryBytes, entries), layout, entries)
    if (examined.keyed > 0 && examined.strange * 4 <= examined.keyed) return true
  }
  return false
}

const sizedBySymbol = async (
  memory: VirtualMemory,
  address: bigint,
  layout: TrackerLayout,
  entries: number,
): Promise<TrackerTable | null> => {
  const table = await readTable(memory, address, layout.entryBytes, entries)
  const examined = examineTracker(table, layout, entries)
  if (!coherent(examined)) return null
  return { layout, table, sizedBy: 'symbol', evidence: describe(layout, examined, 'PoolTrackTableSize says so') }
}

const sizedByContent = async (
  memory: VirtualMemory,
  address: bigint,
  layout: TrackerLayout,
): Promise<TrackerTable | null> => {
  let table = await readTable(memory, address, layout.entryBytes, 2 ** firstReadExponent + 1)
  const candidates: Examination[] = []
  for (let exponent = smallestExponent; exponent <= largestExponent; exponent++) {
    const entries = 2 ** exponent + 1
    if (entries > table.entries) {
      // Nothing beyond is worth reading when what was read so far already ends in strange rows.
      const last = candidates.at(-1)
      if (last === undefined || last.entries < table.entries) break
      table = await readTable(memory, address, layout.entryBytes, entries)
    }
    const examined = examineTracker(table, layout, entries)
    if (coherent(examined) || damaged(examined)) candidates.push(examined)
  }
  const choice = choose(candidates)
  if (choice === null) return null
  const { examined, sizedBy, why } = choice
  const exact = await readTable(memory, address, layout.entryBytes, examined.entries)
  return { layout, table: exact, sizedBy, evidence: describe(layout, examined, why) }
}

type Choice = { examined: Examination; sizedBy: TrackerTable['sizedBy']; why: string }

/** Fewer tags than any kernel has: what holds no more is part of a table, or none. */
const tellingTags = 24

/**
 * The hash decides where it fits, on any build. Every half, quarter … of a table fits it too, with a shorter mask, while
 * in a doubled one half of the tags stand in the wrong half: so the largest that fits as well as the best does.
 * Else the largest table whose halves are alike and whose last row is the overflow bucket (named, or still empty).
 * A table without such a last row is used for what its rows say, and its size called a lower bound; so is one that the hash
 * alone tells apart, for too many of its rows are damaged.
 */
const choose = (candidates: Examination[]): Choice | null => {
  const hashed = candidates.filter(
    ({ placed, keyed, entries }) => placed >= 0.6 && keyed >= tellingTags && entries > 128,
  )
  const bestPlaced = Math.max(0, ...hashed.map(({ placed }) => placed))
  const fitting = hashed.findLast(({ placed }) => placed >= 0.85 * bestPlaced)
  if (fitting !== undefined) {
    const share = Math.round(fitting.placed * 100)
    if (!coherent(fitting))
      return {
        examined: fitting,
        sizedBy: 'at-least',
        why: `${fitting.strange} rows are damaged, though ${share} % of the tags are where the hash puts them`,
      }
    return { examined: fitting, sizedBy: 'hash', why: `${share} % of the tags are where the hash puts them` }
  }
  const even = candidates.filter((candidate) => candidate.even && coherent(candidate))
  const largest = (last: Examination['last']) => even.findLast((candidate) => candidate.last === last)
  const overflow = largest('overflow')
  if (overflow) return { examined: overflow, sizedBy: 'shape', why: 'its last row is the overflow bucket Ovfl' }
  const empty = largest('empty')
  const any = even.at(-1)
  if (any && (empty === undefined || any.entries > empty.entries))
    return { examined: any, sizedBy: 'at-least', why: 'no last row was recognised, so the table may go on' }
  if (empty !== undefined && empty.keyed < tellingTags)
    return { examined: empty, sizedBy: 'at-least', why: `its rows end in an empty one, after too few tags` }
  if (empty) return { examined: empty, sizedBy: 'shape', why: 'its rows end in an empty overflow bucket' }
  return null
}

/** At most 1 row in 50 strange: live dumps catch rows half-written, and a few drivers use unprintable tags. */
const coherent = ({ keyed, strange, readable, entries }: Examination): boolean =>
  keyed >= fewestTags && readable * 2 >= entries - 1 && strange * 50 <= readable && strange * 5 <= keyed

/** Rows enough for the hash to speak, a quarter of them strange: memory was overwritten, or the dump damaged. */
const damaged = ({ keyed, strange, readable, entries }: Examination): boolean =>
  keyed >= tellingTags && readable * 2 >= entries - 1 && strange * 4 <= keyed

const describe = (layout: TrackerLayout, examined: Examination, why: string): string =>
  `${examined.entries} rows of 0x${layout.entryBytes.toString(16)} bytes (${layout.name}), ${examined.keyed} tags; ${why}.`
