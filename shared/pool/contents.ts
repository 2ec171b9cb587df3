import { hexAddress } from '../analysis/scalars.ts'
import type { PoolHeaderFormat } from '../kernel/pool-header.ts'
import { plainKey, tagOfKey } from '../kernel/pool-tag.ts'

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

/** Takes note of allocated blocks as a scan meets them. `from` and `to` are word indexes; the header comes first. */
export type BlockSampler = {
  readonly offer: (key: number, words: Uint32Array, from: number, to: number) => void
  readonly result: () => TagContents[]
}

const blocksPerGroup = 512

/** A module's index and an address in it, for each module a block points into. */
type Pointers = { readonly module: number; readonly address: bigint }[]
type Group = { seen: number; readonly kept: Pointers[] }

/**
 * Samples blocks of the given tags, up to 512 a tag, and as many of all other tags as a control, and notes which modules
 * the pointer-sized words of their bodies point into. A reservoir sample: each block of a tag is as likely to be in it,
 * whatever their number, and the same dump always gives the same sample.
 */
export const blockSampler = (
  format: PoolHeaderFormat,
  keys: readonly number[],
  modules: readonly ModuleRange[],
): BlockSampler => {
  const find = pointerFinder(format, modules)
  const groups = Array.from({ length: keys.length + 1 }, (): Group => ({ seen: 0, kept: [] }))
  const others = keys.length
  const groupOfKey = new Map(keys.map((key, index) => [plainKey(key), index]))
  const random = randomNumbers()
  return {
    offer: (key, words, from, to) => {
      const group = groups[groupOfKey.get(plainKey(key)) ?? others]
      group.seen++
      const place = group.seen <= blocksPerGroup ? group.seen - 1 : Math.floor(random() * group.seen)
      if (place < blocksPerGroup) group.kept[place] = find(words, from, to)
    },
    result: () => keys.map((key, index) => contentsOf(key, groups[index], groups[others], modules)),
  }
}

const contentsOf = (key: number, own: Group, others: Group, modules: readonly ModuleRange[]): TagContents => {
  const blocks = new Map<number, { blocks: number; example: bigint }>()
  for (const pointers of own.kept)
    for (const { module, address } of pointers) {
      const known = blocks.get(module)
      if (known) known.blocks++
      else blocks.set(module, { blocks: 1, example: address })
    }
  const inOthers = new Map<number, number>()
  for (const pointers of others.kept)
    for (const { module } of pointers) inOthers.set(module, (inOthers.get(module) ?? 0) + 1)
  return {
    tag: tagOfKey(key),
    sampledBlocks: own.kept.length,
    otherSampledBlocks: others.kept.length,
    modules: [...blocks]
      .sort(([a, { blocks: x }], [b, { blocks: y }]) => y - x || a - b)
      .map(([module, { blocks, example }]) => ({
        module: modules[module].name,
        base: hexAddress(modules[module].base),
        blocks,
        otherBlocks: inOthers.get(module) ?? 0,
        example: hexAddress(example),
        ...(modules[module].unloaded ? { unloaded: true as const } : {}),
      })),
  }
}

/**
 * Finds the modules a block's aligned words point into, each once. Addresses are compared as doubles: 32-bit ones as they
 * are, 64-bit ones as signed, which is exact for the upper 2^53 bytes, where kernels load their modules.
 */
const pointerFinder = (format: PoolHeaderFormat, modules: readonly ModuleRange[]) => {
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
    for (let at = from + headerWords; at + step <= to; at += step) {
      const value = wide ? (words[at + 1] | 0) * 2 ** 32 + words[at] : words[at]
      if (value < lowest || (wide && value >= 0)) continue
      const module = holding(value)
      if (module < 0 || pointers.some((pointer) => pointer.module === module)) continue
      pointers.push({ module, address: BigInt.asUintN(64, BigInt(value)) })
    }
    return pointers
  }
}

/** A small generator with a fixed seed (mulberry32): the sample must not differ between two runs. */
const randomNumbers = () => {
  let state = 0x9e3779b9
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
