import { type BigPage, type BigPages, eachBigPage } from '../kernel/pools/pool-big-page-table.ts'
import { plainKey } from '../kernel/pools/pool-tag.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import {
  type BlockSample,
  contentsOfSample,
  type ModuleRange,
  pointerFinder,
  type SampledBlock,
  type TagContents,
} from './contents.ts'
import { lowestRanked, rankOfPlace } from './lowest-ranked.ts'
import { wordsOf } from './scan.ts'

/** Enough for a missing pointer to say something, and each may cost a read of its own. */
const blocksPerGroup = 64
/** A block's own structure stands at its beginning; what follows in a large one is its data. */
const lookedInto = 4096
/** A tag with less of either pool than a fifth is no leak's (leakRules), and each block may cost a read of its own. */
const leastShare = 0.2

type TagBytes = { readonly key: number; readonly nonPaged: { bytes: number }; readonly paged: { bytes: number } }

/**
 * Of the tags with a good part of a pool, those whose bytes are for the most part in blocks of a page or more: their small
 * blocks speak for few of their bytes.
 */
export const tagsOfBigBlocks = ({ byKey }: Pick<BigPages, 'byKey'>, tags: readonly TagBytes[]): number[] => {
  const sum = (bytes: (tag: TagBytes) => number): number => tags.reduce((all, tag) => all + Math.max(0, bytes(tag)), 0)
  const pools = { nonPaged: sum(({ nonPaged }) => nonPaged.bytes), paged: sum(({ paged }) => paged.bytes) }
  return tags
    .filter(({ key, nonPaged, paged }) => {
      const big = byKey.get(plainKey(key))
      if (big === undefined) return false
      const bigBytes = big.nonPaged.bytes + big.paged.bytes + big.unknown.bytes
      const isLarge = [
        [nonPaged.bytes, pools.nonPaged],
        [paged.bytes, pools.paged],
      ].some(([bytes, all]) => bytes > 0 && bytes >= leastShare * all)
      return isLarge && bigBytes * 2 >= nonPaged.bytes + paged.bytes
    })
    .map(({ key }) => key)
}

/**
 * What blocks of a page or more contain: up to 64 of each of the tags, and as many of all others as a control, the first
 * page of each. `control` are small blocks of other tags, for a machine has few large ones beside a leak's. Such blocks have no header (reference 8.7). Which are looked into is a matter of chance, the same for the
 * same dump. A block whose first page is not in the dump is passed over. Tags of which none could be read are left out.
 */
export const contentsOfBigBlocks = async (
  memory: VirtualMemory,
  big: Pick<BigPages, 'layout' | 'address' | 'entries' | 'pagedByAddress'>,
  keys: readonly number[],
  modules: readonly ModuleRange[],
  control: readonly SampledBlock[],
): Promise<TagContents[]> => {
  if (keys.length === 0) return []
  const groupOfKey = new Map(keys.map((key, index) => [plainKey(key), index]))
  const groups = Array.from({ length: keys.length + 1 }, () => lowestRanked<Place>(2 * blocksPerGroup))
  for await (const page of eachBigPage(memory, big)) {
    const at = placeOf(page)
    const group = groups[groupOfKey.get(page.key) ?? keys.length]
    const rank = rankOfPlace(at)
    if (group.wants(rank)) group.add({ at, rank, page })
  }
  const find = pointerFinder({ pointerBytes: memory.pointerBytes, headerBytes: 0 }, modules)
  const sample: BlockSample = []
  for (const group of groups) sample.push(await lookInto(memory, group.items(), find))
  sample[keys.length].push(...control)
  return contentsOfSample(sample, keys, modules).filter(({ sampledBlocks }) => sampledBlocks > 0)
}

type Place = { readonly at: number; readonly rank: number; readonly page: BigPage }

/** Addresses differ in what a double holds of their page's number. */
const placeOf = ({ address }: BigPage): number => Number(BigInt.asUintN(52, address >> 12n))

const lookInto = async (
  memory: VirtualMemory,
  places: readonly Place[],
  find: ReturnType<typeof pointerFinder>,
): Promise<SampledBlock[]> => {
  const blocks: SampledBlock[] = []
  // Twice as many are drawn as are looked into, for those of paged pool may be out.
  for (const { at, page } of places) {
    if (blocks.length >= blocksPerGroup) break
    const { bytes, gaps } = await memory.read(page.address, Math.min(lookedInto, page.bytes))
    if (gaps.length > 0) continue
    const words = wordsOf(bytes)
    blocks.push({ at, pointers: find(words, 0, words.length) })
  }
  return blocks
}
