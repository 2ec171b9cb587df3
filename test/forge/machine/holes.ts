import type { AddressSpace } from '../memory/address-space.ts'
import { hardwareEntry, readWrite, subsectionEntry, transitionEntry } from '../memory/entries.ts'
import { type Frame, type Physical, pageBytes } from '../memory/physical.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { roundUp, type Va } from '../words.ts'
import { mustAllocate } from './module-list.ts'
import type { Pools } from './pools.ts'

/** What a stretch of memory with every kind of absent page left behind. */
export type Holes = {
  /** Pages that no dump of this machine has, though page tables lead to them. */
  readonly left: ReadonlySet<number>
  /** Virtual pages that only a prototype PTE leads to, and its address. */
  readonly throughPrototypes: ReadonlyMap<number, Va>
}

export const noHoles: Holes = { left: new Set(), throughPrototypes: new Map() }

const fill = (frame: Frame, random: Random): Frame => {
  for (let at = 0; at < pageBytes; at += 4) frame.bytes.writeUInt32LE(random.u32(), at)
  return frame
}

/** Where in physical memory the large pages lie: aligned to a gigabyte, among pages that the scenario does not lend. */
const largeFrame = 0x40000
const hugeFrame = 0x80000
/** The few pages of a large one that are in the dump. */
const storedOfLarge = [0, 1, 2, 100, 101, 511]

const gigabyte = 2 ** 30

/**
 * Maps, among the views of the system cache, each kind of page a reader can meet (reference 5.8): there, in transition, in
 * the page file, demand zero, behind a prototype PTE, left out of the dump; tables that are absent, paged out or in
 * transition; large pages of which the dump holds a part. The machine's last page of memory is among them.
 */
export const makeHoles = (
  scenario: Scenario,
  space: AddressSpace,
  physical: Physical,
  pools: Pools,
  pageFileOffset: () => number,
  random: Random,
): Holes => {
  const { paging, addresses } = scenario
  const largeBytes = paging.largePages * pageBytes
  const base = roundUp(addresses.systemCache[0] + 0x1000000, largeBytes)
  const left = new Set<number>()
  const throughPrototypes = new Map<number, Va>()
  let next = base
  const page = (): Va => {
    next += pageBytes
    return next - pageBytes
  }
  const map = (va: Va): Frame => fill(space.map(va, readWrite), random)

  const last = scenario.physical.machineRuns.at(-1)!
  fill(space.map(page(), readWrite, physical.at(last.base + last.pages - 1)), random)
  for (let count = 0; count < 6; count++) {
    map(page())
    left.add(map(page()).pfn)
    fill(space.transition(page()), random)
    space.pagedOut(page(), count % 2 === 0 ? pageFileOffset() : 0x2000 + pageFileOffset())
    space.demandZero(page())
    page()
  }

  const entries = mustAllocate(pools, pools.paged[0], 'MmSt', 12 * paging.entryBytes)
  for (let count = 0; count < 12; count++) {
    const at = entries.offset + count * paging.entryBytes
    const frame = count % 3 === 0 ? null : fill(physical.allocate(), random)
    const entry =
      frame === null
        ? subsectionEntry(paging)
        : count % 3 === 1
          ? hardwareEntry(paging, frame.pfn, readWrite)
          : transitionEntry(paging, frame.pfn)
    entries.bytes.writeUInt32LE(entry.low, at)
    if (paging.entryBytes === 8) entries.bytes.writeUInt32LE(entry.high, at + 4)
    const va = page()
    const proto = entries.va + count * paging.entryBytes
    if (frame === null) space.prototype(va, proto, addresses.pagedPool.start)
    else {
      space.throughPrototype(va, proto, addresses.pagedPool.start, frame)
      throughPrototypes.set(va / pageBytes, proto)
    }
  }

  const lostTable = base + largeBytes
  for (let count = 0; count < 4; count++) map(lostTable + count * pageBytes)
  left.add(space.tablesOf(lostTable).at(-1)!.pfn)
  space.tablePagedOut(base + 2 * largeBytes, pageFileOffset())
  const leavingTable = base + 3 * largeBytes
  for (let count = 0; count < 4; count++) map(leavingTable + count * pageBytes)
  space.tableInTransition(leavingTable)
  for (const frame of space.mapLargePartly(base + 4 * largeBytes, largeFrame, storedOfLarge)) fill(frame, random)
  if (paging.width === 8) {
    const huge = roundUp(base + gigabyte, gigabyte)
    for (const frame of space.mapLargePartly(huge, hugeFrame, storedOfLarge, 2)) fill(frame, random)
  }
  return { left, throughPrototypes }
}
