import { z } from 'zod'
import { Count, HexAddress, hexAddress } from '../analysis/scalars.ts'
import type { PoolHeaderFormat } from '../kernel/pools/pool-header.ts'
import { plainKey, tagOfKey } from '../kernel/pools/pool-tag.ts'
import { lowestRanked, rankOfPlace } from './lowest-ranked.ts'

/** A module whose addresses are looked for inside blocks; `unloaded` when it was there and no longer is. */
export type ModuleRange = {
  readonly name: string
  readonly base: bigint
  readonly size: number
  readonly unloaded?: true
}

/** Which modules the blocks of one tag point into; the shape of `BlockContents` in the stage's result. */
export type TagContents = {
  readonly tag: string
  readonly sampledBlocks: number
  readonly otherSampledBlocks: number
  readonly modules: {
    readonly module: string
    readonly base: string
    readonly blocks: number
    readonly otherBlocks: number
    readonly example: string
    readonly unloaded?: true
  }[]
}

/** A block that was looked into: where it lies in the file, and an address in each module it points into, by number. */
export const SampledBlock = z.object({ at: Count, pointers: z.array(z.tuple([Count, HexAddress])) })
export type SampledBlock = z.infer<typeof SampledBlock>

/** Blocks of each tag that was to be sampled, in that order, and last of all those of other tags. */
export const BlockSample = z.array(z.array(SampledBlock))
export type BlockSample = z.infer<typeof BlockSample>

/** Takes note of allocated blocks as a scan meets them. `from` and `to` are word indexes; the header comes first. */
export type BlockSampler = {
  /** The words offered next were read from there: their first one's place in the file. */
  readonly readFrom: (fileOffset: number) => void
  readonly offer: (key: number, words: Uint32Array, from: number, to: number) => void
  readonly sample: () => BlockSample
}

const blocksPerGroup = 512

/** No block of a driver points into so many; a hostile one could into thousands. */
const mostPointers = 32

/** A module's number and an address in it, for each module a block points into. */
type Pointers = SampledBlock['pointers']

const emptyGroup = () => lowestRanked<SampledBlock & { readonly rank: number }>(blocksPerGroup)

const sampleOf = (groups: readonly ReturnType<typeof emptyGroup>[]): BlockSample =>
  groups.map((group) => group.items().map(({ at, pointers }) => ({ at, pointers })))

/**
 * Samples blocks of the given tags, up to 512 a tag, and as many of all other tags as a control, and notes which modules
 * the pointer-sized words of their bodies point into. Which blocks are kept depends on where they lie in the file, in an
 * order of chance: each is as likely as any other, and the same dump gives the same sample, in whatever parts it was read.
 */
export const blockSampler = (
  format: PoolHeaderFormat,
  keys: readonly number[],
  modules: readonly ModuleRange[],
): BlockSampler => {
  const find = pointerFinder(format, modules)
  const groups = Array.from({ length: keys.length + 1 }, emptyGroup)
  const others = keys.length
  const groupOfKey = new Map(keys.map((key, index) => [plainKey(key), index]))
  let base = 0
  return {
    readFrom: (fileOffset) => {
      base = fileOffset
    },
    offer: (key, words, from, to) => {
      const group = groups[groupOfKey.get(plainKey(key)) ?? others]
      const at = base + from * 4
      const rank = rankOfPlace(at)
      if (group.wants(rank)) group.add({ at, rank, pointers: find(words, from, to) })
    },
    sample: () => sampleOf(groups),
  }
}

/** What samples of several parts of the pages are together. All are of the same tags. */
export const foldSamples = (samples: readonly BlockSample[]): BlockSample => {
  const groups = Array.from({ length: samples[0]?.length ?? 0 }, emptyGroup)
  for (const sample of samples)
    for (const [index, blocks] of sample.entries())
      for (const block of blocks) groups[index].add({ ...block, rank: rankOfPlace(block.at) })
  return sampleOf(groups)
}

/** What the sampled blocks contain, for each of the tags that were to be sampled. */
export const contentsOfSample = (
  sample: BlockSample,
  keys: readonly number[],
  modules: readonly ModuleRange[],
): TagContents[] => keys.map((key, index) => contentsOf(key, sample[index], sample[keys.length], modules))

/**
 * Of 32-bit words that are no pointers (compressed or encrypted data) a thousandth lies in a driver of 4 MiB, so that most
 * pages of such data seem to point into it. Chance does not hit one address twice: an address that a single block holds
 * counts where more blocks do than chance explains, were they pages of such words. In blocks of other tags all count:
 * there they are a reason to doubt.
 */
const chance = { reach: 2 ** 32, words: 1024, times: 4 } as const

/** The addresses, one a block, that are no chance. */
const credible = (
  addresses: readonly string[],
  counts: ReadonlyMap<string, number>,
  { base, size }: ModuleRange,
  sampled: number,
): readonly string[] => {
  if (base >= BigInt(chance.reach)) return addresses
  const repeated = addresses.filter((address) => (counts.get(address) ?? 0) > 1)
  const byChance = sampled * (1 - (1 - size / chance.reach) ** chance.words)
  return addresses.length - repeated.length > chance.times * byChance ? addresses : repeated
}

const countsOf = (values: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

const contentsOf = (
  key: number,
  own: readonly SampledBlock[],
  others: readonly SampledBlock[],
  modules: readonly ModuleRange[],
): TagContents => {
  const pointers = own.flatMap((block) => block.pointers)
  const counts = countsOf(pointers.map(([, address]) => address))
  const blocks = [...Map.groupBy(pointers, ([module]) => module)].flatMap(([module, all]) => {
    const held = all.map(([, address]) => address)
    const addresses = credible(held, counts, modules[module], own.length)
    return addresses.length === 0 ? [] : [[module, { blocks: addresses.length, example: addresses[0] }] as const]
  })
  const inOthers = new Map<number, number>()
  for (const { pointers } of others)
    for (const [module] of pointers) inOthers.set(module, (inOthers.get(module) ?? 0) + 1)
  return {
    tag: tagOfKey(key),
    sampledBlocks: own.length,
    otherSampledBlocks: others.length,
    modules: blocks
      .sort(([a, { blocks: x }], [b, { blocks: y }]) => y - x || a - b)
      .map(([module, { blocks, example }]) => ({
        module: modules[module].name,
        base: hexAddress(modules[module].base),
        blocks,
        otherBlocks: inOthers.get(module) ?? 0,
        example,
        ...(modules[module].unloaded ? { unloaded: true as const } : {}),
      })),
  }
}

/** Whether a word is one of three or more in a row that are the same: a pattern that memory was filled with, no pointer. */
const isFill = (words: Uint32Array, at: number, from: number, to: number, step: number): boolean => {
  const isSame = (other: number): boolean =>
    other >= from &&
    other + step <= to &&
    words[other] === words[at] &&
    words[other + step - 1] === words[at + step - 1]
  const [before, after] = [isSame(at - step), isSame(at + step)]
  return (before && after) || (before && isSame(at - 2 * step)) || (after && isSame(at + 2 * step))
}

/**
 * Finds the modules a block's aligned words point into, each once. Addresses are compared as doubles: 32-bit ones as they
 * are, 64-bit ones as signed, which is exact for the upper 2^53 bytes, where kernels load their modules.
 */
export const pointerFinder = (
  format: Pick<PoolHeaderFormat, 'pointerBytes'> & { readonly headerBytes: number },
  modules: readonly ModuleRange[],
) => {
  const wide = format.pointerBytes === 8
  const order = modules
    .map(({ base, size }, module) => {
      const start = Number(wide ? BigInt.asIntN(64, base) : base)
      return { module, start, end: start + size }
    })
    .sort((a, b) => a.start - b.start)
  const lowest = order[0]?.start ?? Number.POSITIVE_INFINITY
  const headerWords = format.headerBytes / 4
  const step = format.pointerBytes / 4

  const holding = (value: number): number => {
    let low = 0
    let high = order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (order[middle].start <= value) low = middle + 1
      else high = middle
    }
    return low > 0 && value < order[low - 1].end ? order[low - 1].module : -1
  }

  return (words: Uint32Array, from: number, to: number): Pointers => {
    const pointers: Pointers = []
    for (let at = from + headerWords; at + step <= to && pointers.length < mostPointers; at += step) {
      const value = wide ? (words[at + 1] | 0) * 2 ** 32 + words[at] : words[at]
      if (value < lowest || (wide && value >= 0)) continue
      const module = holding(value)
      if (module < 0 || isFill(words, at, from + headerWords, to, step) || pointers.some(([known]) => known === module))
        continue
      pointers.push([module, hexAddress(BigInt.asUintN(64, BigInt(value)))])
    }
    return pointers
  }
}
