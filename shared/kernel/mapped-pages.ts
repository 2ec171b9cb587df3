import { viewOf } from '../bytes/view.ts'
import { decodeEntry, type PteEra, pteEra } from '../memory/pte.ts'
import { presenceOf } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Kernel } from './kernel.ts'
import { entryAddress, type SelfMap, selfMapOf } from './self-map.ts'

/** Page tables looked through at most: enough for 128 GiB of mapped kernel memory. */
const maxTables = 65_536

/**
 * The kernel addresses at which physical pages are mapped, for those of `wanted` that are: the reverse of a translation.
 * Reads the kernel half's page tables where they see themselves. Of a page mapped twice the lowest address is told. Null
 * when the dump does not tell where the tables are mapped.
 */
export const mappedAddresses = async (
  kernel: Kernel,
  wanted: ReadonlySet<number>,
  stopped: () => boolean,
): Promise<ReadonlyMap<number, bigint> | null> => {
  const map = selfMapOf(kernel)
  if (map === null) return null
  const search: Search = {
    map,
    memory: kernel.memory,
    era: pteEra(kernel.build),
    left: [...wanted].sort((a, b) => a - b),
    stopped,
    tables: 0,
    found: new Map(),
  }
  const { mode, levels } = map
  const topPages = mode.levels[mode.levels.length - levels].pagesPerEntry
  const allPages = 2 ** (mode.addressBits - 12)
  await visit(search, levels - 1, allPages / 2, allPages / 2 / topPages)
  return search.found
}

type Search = {
  readonly map: SelfMap
  readonly memory: VirtualMemory
  readonly era: PteEra
  /** Pages that were not met yet, ascending. */
  readonly left: number[]
  readonly stopped: () => boolean
  tables: number
  readonly found: Map<number, bigint>
}

/** Looks through `entries` entries of the tables `fromLeaf` levels up, the first of which maps page number `firstPage`. */
const visit = async (search: Search, fromLeaf: number, firstPage: number, entries: number): Promise<void> => {
  const { map, memory, era, left, found } = search
  const { mode } = map
  if (search.stopped() || left.length === 0 || search.tables++ >= maxTables) return
  const level = mode.levels[mode.levels.length - 1 - fromLeaf]
  const range = await memory.read(entryAddress(map, addressOf(map, firstPage), fromLeaf), entries * mode.entryBytes)
  const isPresent = presenceOf(range)
  const view = viewOf(range.bytes)
  for (let index = 0; index < entries; index++) {
    const at = index * mode.entryBytes
    if (!isPresent(at, mode.entryBytes)) continue
    const high = mode.entryBytes === 8 ? view.getUint32(at + 4, true) : 0
    const entry = decodeEntry(mode, level, era, view.getUint32(at, true), high)
    const page = firstPage + index * level.pagesPerEntry
    if (entry.kind === 'absent' || isSelfMap(map, page)) continue
    if (entry.kind === 'next' && fromLeaf > 0) {
      await visit(
        search,
        fromLeaf - 1,
        page,
        level.pagesPerEntry / mode.levels[mode.levels.length - fromLeaf].pagesPerEntry,
      )
      continue
    }
    const first = countBelow(left, entry.pfn)
    const met = left.splice(first, countBelow(left, entry.pfn + level.pagesPerEntry) - first)
    for (const pfn of met) found.set(pfn, addressOf(map, page + pfn - entry.pfn))
  }
}

const countBelow = (sorted: readonly number[], value: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

const addressOf = ({ mode }: SelfMap, page: number): bigint =>
  BigInt.asUintN(mode.pointerBytes * 8, BigInt.asIntN(mode.addressBits, BigInt(page) << 12n))

/** The part of the address space in which the tables see themselves is left out: it would be looked through twice. */
const isSelfMap = ({ mode, base }: SelfMap, page: number): boolean => {
  const first = Number(BigInt.asUintN(mode.addressBits, base) >> 12n)
  return page >= first && page < first + 2 ** (mode.addressBits - 24) * mode.entryBytes
}
