import type { TagEntry } from '../data/pool-tags.ts'
import type { Random } from '../random.ts'
import { tagKey, type Width } from '../words.ts'
import type { Census, TagCount } from './census.ts'
import { type Owner, writeOwned } from './contents.ts'
import type { Block, Pool } from './pool.ts'
import type { Demands } from './quota.ts'

/** A tag of the ordinary mix, ready to allocate. */
type MixTag = {
  readonly entry: TagEntry
  readonly count: TagCount
  readonly units: readonly number[]
  readonly owner: Owner
}

/** What a pool is filled with. */
export type Filling = {
  readonly mix: readonly TagEntry[]
  readonly ownerOf: (image: string) => Owner
  /** Tags with fixed figures. `contiguous` asks for pages that lie together in physical memory. */
  readonly quotas: readonly {
    readonly tag: string
    readonly demands: Demands
    readonly contiguous: boolean
    /** Blocks of objects, whose tag carries the PROTECTED_POOL bit. */
    readonly protect?: boolean
    readonly onBlock: (block: Block) => void
    readonly onBig: (firstPage: Buffer) => void
  }[]
}

/** Blocks between two big allocations of one tag, on average. */
const blocksPerBig = 96

/** How many of a tag's blocks carry a pointer to their owner. */
const ownedShare = 0.3

/**
 * Allocates until the pool has exactly `targetPages`: the quotas in full, mixed with the ordinary tags. Quota blocks are
 * drawn at the rate that uses them up just before the pages are.
 */
export const fillPool = (
  pool: Pool,
  filling: Filling,
  targetPages: number,
  census: Census,
  width: Width,
  random: Random,
): void => {
  const mix = prepareMix(pool, filling, census, width)
  const cumulative = byCount(mix, pool)
  const quotas = filling.quotas.map((quota) => ({
    ...quota,
    count: census.of(quota.tag),
    nextUnits: 0,
    nextPages: 0,
    left: bytesLeft(quota.demands, pool.unitBytes),
  }))

  const capacity = (): number => (targetPages - pool.smallPages() - pool.bigPages()) * 4096 + pool.openBytes()
  let misses = 0
  while (true) {
    const left = quotas.reduce((total, quota) => total + quota.left, 0)
    const room = capacity()
    if (left === 0 && targetPages === pool.smallPages() + pool.bigPages() && (misses > 32 || room < 4096)) break
    if (left > 0 && random.u32() < ((left * 1.05 + 8192) / room) * 0x100000000) {
      const quota = pickQuota(quotas, left, random)
      drawQuota(pool, quota, random)
      continue
    }
    const chosen = mix[search(cumulative, random.u32() / 0x100000000)]
    if (chosen.entry.bigPages > 0 && random.below(blocksPerBig) === 0) {
      const pages = random.between(1, chosen.entry.bigPages)
      if (pages * 4096 + left * 1.05 < room - pool.openBytes()) {
        pool.big(chosen.count, pages, { protect: chosen.entry.object })
        continue
      }
    }
    const units = random.pick(chosen.units)
    if (random.below(24) === 0) pool.leaveFree(tagKey(chosen.entry.tag), units)
    const block = pool.allocate(chosen.count, units, chosen.entry.object)
    if (block === null) misses++
    else writeOwned(block, chosen.owner, ownedShare, width, random)
  }
  pool.close()
}

type OpenQuota = Filling['quotas'][number] & {
  readonly count: TagCount
  nextUnits: number
  nextPages: number
  left: number
}

const drawQuota = (pool: Pool, quota: OpenQuota, random: Random): void => {
  const { units, pages } = quota.demands
  const blocksLeft = units.length - quota.nextUnits
  const bigsLeft = pages.length - quota.nextPages
  if (random.below(blocksLeft + bigsLeft) < bigsLeft) {
    const count = pages[quota.nextPages++]
    const big = pool.big(quota.count, count, { contiguous: quota.contiguous })
    if (big.pages[0] !== null) quota.onBig(big.pages[0])
    quota.left -= count * 4096
    return
  }
  const block = pool.allocate(quota.count, units[quota.nextUnits], quota.protect)
  if (block === null) throw new Error(`The pool is full before every ${quota.tag} block has its place.`)
  quota.left -= units[quota.nextUnits++] * pool.unitBytes
  quota.onBlock(block)
}

const pickQuota = (quotas: OpenQuota[], left: number, random: Random): OpenQuota => {
  let at = random.u32() * (left / 0x100000000)
  for (const quota of quotas) {
    at -= quota.left
    if (at < 0) return quota
  }
  return quotas.find((quota) => quota.left > 0)!
}

const bytesLeft = (demands: Demands, unit: number): number =>
  demands.units.reduce((total, units) => total + units * unit, 0) +
  demands.pages.reduce((total, pages) => total + pages * 4096, 0)

const prepareMix = (pool: Pool, filling: Filling, census: Census, width: Width): MixTag[] =>
  filling.mix.map((entry) => ({
    entry,
    count: census.of(entry.tag),
    units: entry.sizes.map((size) => pool.unitsFor(width === 8 ? Math.floor(size * 1.5) : size)),
    owner: filling.ownerOf(entry.owner),
  }))

/** Weights are shares of bytes; blocks are drawn by count. Cumulative, ending at 1. */
const byCount = (mix: readonly MixTag[], pool: Pool): number[] => {
  const rates = mix.map(({ entry, units }) => {
    const block = (units.reduce((sum, value) => sum + value, 0) / units.length) * pool.unitBytes
    const big = entry.bigPages > 0 ? ((1 + entry.bigPages) / 2) * (4096 / blocksPerBig) : 0
    return entry.weight / (block + big)
  })
  const total = rates.reduce((sum, rate) => sum + rate, 0)
  let sum = 0
  return rates.map((rate) => {
    sum += rate / total
    return sum
  })
}

const search = (cumulative: readonly number[], at: number): number => {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (cumulative[middle] > at) high = middle
    else low = middle + 1
  }
  return low
}
