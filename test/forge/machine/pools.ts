import { nonPagedTags, pagedTags, prototypeTags, type TagEntry } from '../data/pool-tags.ts'
import type { AddressSpace } from '../memory/address-space.ts'
import { readWrite } from '../memory/entries.ts'
import type { Physical } from '../memory/physical.ts'
import { type Census, createCensus } from '../pool/census.ts'
import { createLeakChain, type Owner } from '../pool/contents.ts'
import { fillPool } from '../pool/fill.ts'
import { createNoise } from '../pool/noise.ts'
import { type Block, createPool, type Pool, type PoolPages } from '../pool/pool.ts'
import { planQuota } from '../pool/quota.ts'
import { createVaArena } from '../pool/va-arena.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { roundUp, type Va, writePointer } from '../words.ts'
import { type Images, ntName } from './images.ts'

/** The machine's pools: one non-paged, several paged, one census over all. */
export type Pools = {
  readonly nonPaged: Pool
  readonly paged: readonly Pool[]
  readonly census: Census
}

/** Pages at the start of each paged pool that are always in memory, so that what must be read has a place. */
const wiredPagedPages = 8

/** How much of the paged pool's resident pages is out of the working set, but still in RAM. */
const transitionShare = 0.12

export const createPools = (
  scenario: Scenario,
  space: AddressSpace,
  physical: Physical,
  pageFileOffset: () => number,
  random: Random,
): Pools => {
  const { addresses, pools, layout } = scenario
  const census = createCensus()
  const noise = createNoise(random.fork('noise'), layout.width)

  if (addresses.nonPagedLargePages > 0)
    space.mapLarge(addresses.nonPagedPool[0].start, addresses.nonPagedLargePages * 4096, readWrite)
  const nonPagedArena = createVaArena(addresses.nonPagedPool, pools.nonPagedMaximum - pools.nonPagedPages, random)
  const frameFor = (va: Va): Buffer => (space.frame(va / 4096) ?? space.map(va, readWrite)).bytes
  const nonPagedPages: PoolPages = {
    open: () => {
      const va = nonPagedArena.take(1)
      const bytes = frameFor(va)
      noise.page(bytes)
      return { va, bytes, fate: 'resident' }
    },
    openBig: (pages, { contiguous = false }) => {
      const va = nonPagedArena.take(pages)
      const inLargePage = space.frame(va / 4096) !== undefined
      if (contiguous && !inLargePage && pages > 1)
        for (const [index, frame] of physical.contiguous(pages).entries())
          if (space.frame(va / 4096 + index) === undefined) space.map(va + index * 4096, readWrite, frame)
      const bytes = Array.from({ length: pages }, (_, index) => frameFor(va + index * 4096))
      for (const page of bytes) noise.page(page)
      return { va, bytes }
    },
  }

  const pagedTotal = pools.pagedPages.reduce((sum, pages) => sum + pages, 0)
  const pagedArena = createVaArena([addresses.pagedPool], Math.floor((pools.pagedMaximum - pagedTotal) / 2), random)
  const scratch = Buffer.alloc(4096)
  const pagedPages = (): PoolPages => {
    let wired = 0
    const draw = random.fork('paged residency')
    const one = (va: Va, stays = false): Buffer | null => {
      if (stays || wired++ < wiredPagedPages) return space.map(va, readWrite).bytes
      if (!draw.chance(pools.pagedResidentShare)) {
        space.pagedOut(va, pageFileOffset())
        return null
      }
      return draw.chance(transitionShare) ? space.transition(va).bytes : space.map(va, readWrite).bytes
    }
    return {
      open: () => {
        const va = pagedArena.take(1)
        const bytes = one(va)
        if (bytes !== null) noise.page(bytes)
        return { va, bytes: bytes ?? scratch, fate: bytes === null ? 'out' : 'resident' }
      },
      openBig: (pages, { wired: stays = false }) => {
        const va = pagedArena.take(pages)
        const bytes = Array.from({ length: pages }, (_, index) => one(va + index * 4096, stays))
        for (const page of bytes) if (page !== null) noise.page(page)
        return { va, bytes }
      },
    }
  }
  const make = (paged: boolean, index: number, pages: PoolPages, maximumPages: number): Pool =>
    createPool({ layout, paged, index, pages, census, maximumPages, random: random.fork(`pool ${paged} ${index}`) })
  return {
    nonPaged: make(false, 0, nonPagedPages, pools.nonPagedPages),
    paged: pools.pagedPages.map((pages, index) => make(true, index, pagedPages(), pages)),
    census,
  }
}

/** Some of an image's routines and variables, for blocks to point at. */
const ownerOf = (images: Images, name: string, random: Random): Owner => {
  const image = images.byName(name === 'nt' ? ntName : name)
  if (image === undefined) throw new Error(`No image ${name} owns pool.`)
  const { base } = image.spec
  return {
    functions: Array.from({ length: 12 }, () => base + random.pick(image.functions)),
    globals: Array.from(
      { length: 8 },
      () => base + image.data.rva + random.below(Math.floor(image.data.bytes / 16)) * 16,
    ),
  }
}

/** The head of a leaking driver's list of blocks: a variable in its .data. */
const leakListHead = (images: Images, name: string): { rva: number; va: Va } => {
  const image = images.byName(name)!
  const rva = roundUp(image.data.rva + 0x40, 16)
  return { rva, va: image.spec.base + rva }
}

const scramble = (bytes: Buffer, random: Random): void => {
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(random.u32(), at)
}

/** Fills every pool to its page count with the machine's ordinary tags and the scenario's fixed ones. */
export const fillPools = (
  scenario: Scenario,
  images: Images,
  pools: Pools,
  random: Random,
  onObject: (tag: string, block: Block) => void,
): void => {
  const { layout } = scenario
  const { width, poolHeader } = layout
  const owners = new Map<string, Owner>()
  const owner = (name: string): Owner => {
    const known = owners.get(name)
    if (known !== undefined) return known
    const made = ownerOf(images, name, random.fork(`owner ${name}`))
    owners.set(name, made)
    return made
  }
  const loaded = ({ owner: name }: TagEntry): boolean => name === 'nt' || images.byName(name) !== undefined
  const { pagedQuotas = [] } = scenario.pools
  const quotaTags = new Set([...scenario.pools.quotas, ...pagedQuotas].map(({ tag }) => tag))

  const objectTags = new Set((scenario.objectLeaks ?? []).map(({ tag }) => tag))
  const prepare = (quota: Scenario['pools']['quotas'][number]) => {
    const objects = objectTags.has(quota.tag)
    const demands = planQuota(quota, poolHeader.unit, random.fork(`quota ${quota.tag}`))
    const ours = owner(quota.owner)
    const contentsOf = random.fork(`contents ${quota.tag}`)
    const hold = quota.contents === 'random' ? random.fork(`bytes ${quota.tag}`) : null
    const head = objects || quota.owner === 'nt' ? null : leakListHead(images, quota.owner)
    const chain = head === null ? null : createLeakChain(head.va, ours, width, contentsOf)
    return {
      quota,
      head,
      chain,
      filling: {
        tag: quota.tag,
        demands,
        contiguous: quota.contiguous,
        protect: objects,
        onBlock: (block: Block) => {
          if (hold !== null && block.fate !== 'out')
            scramble(block.bytes.subarray(block.offset, block.offset + block.length), hold)
          if (objects) onObject(quota.tag, block)
          else chain?.add(block)
        },
        onBig: (firstPage: Buffer) => {
          if (hold !== null) scramble(firstPage, hold)
          chain?.addBig(firstPage)
        },
      },
    }
  }
  const quotas = scenario.pools.quotas.map(prepare)
  const ofPaged = pagedQuotas.map(prepare)
  const mix = [...nonPagedTags, ...scenario.pools.extraTags].filter(
    (entry) => loaded(entry) && !quotaTags.has(entry.tag),
  )
  fillPool(
    pools.nonPaged,
    { mix, ownerOf: owner, quotas: quotas.map(({ filling }) => filling) },
    scenario.pools.nonPagedPages,
    pools.census,
    width,
    random.fork('fill'),
  )
  for (const [index, pool] of pools.paged.entries())
    fillPool(
      pool,
      {
        mix: (index === 0 ? prototypeTags : pagedTags).filter((entry) => loaded(entry) && !quotaTags.has(entry.tag)),
        ownerOf: owner,
        quotas: index === 1 ? ofPaged.map(({ filling }) => filling) : [],
      },
      scenario.pools.pagedPages[index],
      pools.census,
      width,
      random.fork(`fill paged ${index}`),
    )
  for (const { quota, head, chain } of [...quotas, ...ofPaged]) {
    if (head === null || chain === null) continue
    const { bytes } = images.byName(quota.owner)!
    const [first, last] = chain.ends()
    writePointer(bytes, head.rva, first, width)
    writePointer(bytes, head.rva + width, last, width)
  }
}
