import type { Dump } from './container/dump.ts'
import type { Machine } from './machine/machine.ts'
import type { Absence } from './memory/address-space.ts'
import { pageIndex, selfMapBytes } from './memory/paging.ts'
import { type Frame, pageBytes } from './memory/physical.ts'
import { createRandom } from './random.ts'
import { fiveLevelStart, hexVa, type Va } from './words.ts'

/**
 * A virtual address and what a reader must find there: bytes (16, or one page-table entry), or why there are none.
 * `throughPrototype`: only a prototype PTE leads to the page, whose address not every format tells.
 */
export type Sample =
  | { readonly address: string; readonly bytes: string; readonly throughPrototype?: true }
  | { readonly address: string; readonly reason: Absence; readonly throughPrototype?: true }

/** Shares of a thousand samples. */
const shares = { present: 0.6, selfMap: 0.08, absent: 0.24, unmapped: 0.08 } as const
const sampleBytes = 16

/** Why a page the forge filled is not to be had from a dump of it; null when it is. */
const lost = (dump: Dump, { pfn }: Frame): 'not-in-dump' | 'beyond-end-of-file' | null => {
  const offset = dump.offsetOf(pfn)
  return offset === null ? 'not-in-dump' : offset + pageBytes > dump.bytes ? 'beyond-end-of-file' : null
}

/**
 * Addresses from all over the kernel, drawn by the scenario's seed, and what one dump of the machine has of them; none
 * for a dump without pages.
 */
export const samplesOf = ({ scenario, space, holes }: Machine, dump: Dump, count = 500): Sample[] => {
  if (dump.runs.length === 0) return []
  const random = createRandom(`${scenario.name}/samples`)
  const { width } = scenario.layout
  const { mode } = space
  const at = (va: Va): string => hexVa(va, width)
  const present = [...space.present.keys()]
  const samples: Sample[] = []
  const times = (share: number): number => Math.floor(count * share)

  const anyLost = (frames: readonly Frame[]): boolean => frames.some((frame) => lost(dump, frame) !== null)
  const tableLost = (va: Va): boolean => anyLost(space.tablesOf(va))
  /** Bytes of a page, if the tables that lead to it and the page itself are in the dump. */
  const told = (tables: readonly Frame[], frame: Frame, offset: number, length: number) => {
    const reason = anyLost(tables) ? ('table-absent' as const) : lost(dump, frame)
    return reason === null ? { bytes: frame.bytes.subarray(offset, offset + length).toString('hex') } : { reason }
  }

  for (let drawn = 0; drawn < times(shares.present); drawn++) {
    const page = random.pick(present)
    const offset = random.below(pageBytes - sampleBytes)
    const va = page * pageBytes
    const known = told(space.tablesOf(va), space.frame(page)!, offset, sampleBytes)
    const proto = holes.throughPrototypes.get(page)
    const protoLost =
      proto !== undefined && (tableLost(proto) || lost(dump, space.frame(Math.floor(proto / pageBytes))!) !== null)
    if (protoLost && !tableLost(va)) samples.push({ address: at(va + offset), reason: 'prototype' })
    else
      samples.push({ address: at(va + offset), ...known, ...(proto === undefined ? {} : { throughPrototype: true }) })
  }
  // The entry that maps a page, seen through the self-map: the last table is the page there.
  for (let drawn = 0; drawn < times(shares.selfMap); drawn++) {
    const va = random.pick(present) * pageBytes
    const tables = space.tablesOf(va)
    if (tables.length < mode.levels.length) continue
    const seen = mode.selfMap + pageIndex(mode, va) * mode.entryBytes
    const known = told(tables.slice(0, -1), tables.at(-1)!, space.entryOffset(va), mode.entryBytes)
    samples.push({ address: at(seen), ...known })
  }
  const byReason = new Map<Absence, number[]>()
  for (const [page, reason] of space.absent) {
    const known = byReason.get(reason)
    if (known === undefined) byReason.set(reason, [page])
    else known.push(page)
  }
  for (let drawn = 0; drawn < times(shares.absent); drawn++) {
    const reason = random.pick([...byReason.keys()])
    const va = random.pick(byReason.get(reason)!) * pageBytes
    samples.push({ address: at(va + random.below(pageBytes)), reason: tableLost(va) ? 'table-absent' : reason })
  }
  // Just behind something mapped, where an off-by-one would look, and nothing is.
  for (let drawn = 0; drawn < times(shares.unmapped); ) {
    const page = random.pick(present) + random.between(1, 4000)
    const va = page * pageBytes
    if (space.frame(page) !== undefined || space.absent.has(page) || va >= limit(mode.name)) continue
    if (va >= mode.selfMap && va < mode.selfMap + selfMapBytes(mode)) continue
    drawn++
    samples.push({ address: at(va + random.below(pageBytes)), reason: tableLost(va) ? 'table-absent' : 'not-mapped' })
  }
  return samples
}

/** Where the forge's numbers for addresses end. */
const limit = (mode: Machine['space']['mode']['name']): number =>
  mode === 'x86' || mode === 'x86-pae' ? 2 ** 32 : mode === 'x64-la57' ? fiveLevelStart * 16 : fiveLevelStart
