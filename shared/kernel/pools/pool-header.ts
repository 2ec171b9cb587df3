/**
 * POOL_HEADER and what its PoolType says, by era (reference 8.1, 8.2). Small blocks carry it, on every build; blocks
 * of a page or more have none and are listed in the big-page table.
 */

/** What the 7 or 8 bits of PoolType make of a header. */
export const blockKind = { invalid: 0, free: 1, nonPaged: 2, paged: 3 } as const

export type PoolHeaderFormat = {
  readonly name: string
  /** Bytes per unit of BlockSize and PreviousSize. */
  readonly unit: 8 | 16
  readonly headerBytes: 8 | 16
  readonly pointerBytes: 4 | 8
  /** `blockKind` of every PoolType value. */
  readonly kinds: Uint8Array
  /**
   * `chained`: a pool page is a chain of headers from its first byte to its last, PreviousSize agreeing (classic pool).
   * `scattered`: headers precede the caller's bytes, but no page is tiled by them (segment heap, 18362 and later).
   */
  readonly pages: 'chained' | 'scattered'
  /**
   * Before Vista: the share of blocks with a type that have bit 4 set. It tells the two manners of that time apart, which
   * do not go by the build alone: there are kernels that call themselves 3790 and write headers as XP does.
   */
  readonly inUseBit: { readonly least: number; readonly most: number } | null
  /** XP, x86: the tag's word holds a pointer to the process instead while quota is charged and tagging is off. */
  readonly processForTag: boolean
  /** Whether PreviousSize of every header must be the size of the one before: so before Vista, not to be relied on since. */
  readonly previousSizeHolds: boolean
  readonly source: string
}

const sessionBit = 0x20
const verifierBit = 0x40
/** Quota is charged to a process. */
export const quotaBit = 0x08

/**
 * Session and verifier together are refused although the encoding allows them: no such allocation is known, and the
 * pair is the top half of every lower-case letter, the commonest way for text to look like a header.
 */
const flagsPlausible = (type: number, allowed: number): boolean =>
  (type & ~allowed) === 0 && (type & (sessionBit | verifierBit)) !== (sessionBit | verifierBit)

const oddIsNonPaged = (type: number): number => (type & 1 ? blockKind.nonPaged : blockKind.paged)
const oddIsPaged = (type: number): number => (type & 1 ? blockKind.paged : blockKind.nonPaged)

/** XP: base type + 1, so 1 is non-paged and 2 paged; the flags' places are uncertain (reference 8.2 [U]); 0 is free. */
const kindOnXp = (type: number): number => {
  if (type === 0) return blockKind.free
  return (type & 7) !== 0 && flagsPlausible(type, 0x7f & ~0x10) ? oddIsNonPaged(type) : blockKind.invalid
}

/** Server 2003, XP x64: (base + 1) | 4 while in use; without 4 the block lies on a free or look-aside list. */
const kindOn2003 = (type: number): number => {
  if (type === 0) return blockKind.free
  const base = type & 3
  if ((base !== 1 && base !== 2) || !flagsPlausible(type, 3 | 4 | quotaBit | sessionBit | verifierBit))
    return blockKind.invalid
  return type & 4 ? oddIsNonPaged(type) : blockKind.free
}

/** Vista and later: base | 2 while in use, odd is paged; without 2 the block is free. */
const kindSinceVista = (type: number): number => {
  if (!flagsPlausible(type, 3 | 4 | quotaBit | sessionBit | verifierBit)) return blockKind.invalid
  return type & 2 ? oddIsPaged(type) : blockKind.free
}

/** Change with every change of a row: analyses record it. */
export const poolHeadersVersion = '1'

const eras = [
  // Only cache-aligned requests leave bit 4 set there.
  { name: 'XP', toBuild: 3789, kindOf: kindOnXp, pages: 'chained', inUseBit: { least: 0, most: 0.2 } },
  // The rest lies on look-aside lists.
  { name: 'Server 2003', toBuild: 5999, kindOf: kindOn2003, pages: 'chained', inUseBit: { least: 0.6, most: 1 } },
  { name: 'Vista to 1809', toBuild: 17763, kindOf: kindSinceVista, pages: 'chained', inUseBit: null },
  {
    name: 'segment heap',
    toBuild: Number.POSITIVE_INFINITY,
    kindOf: kindSinceVista,
    pages: 'scattered',
    inUseBit: null,
  },
] as const

type Era = (typeof eras)[number]

/** How pool headers look on a build by its number. Later builds than any known are taken for the latest. */
export const poolHeaderFormat = (build: number, pointerBytes: 4 | 8): PoolHeaderFormat =>
  formatOf(eras.find(({ toBuild }) => build <= toBuild)!, pointerBytes)

/** All the ways headers may look on a build, its own first; which of them it is the pages must show (`inUseBit`). */
export const poolHeaderFormats = (build: number, pointerBytes: 4 | 8): PoolHeaderFormat[] => {
  const own = poolHeaderFormat(build, pointerBytes)
  if (own.inUseBit === null) return [own]
  const others = eras.filter(({ name, inUseBit }) => inUseBit !== null && name !== own.name)
  return [own, ...others.map((era) => formatOf(era, pointerBytes))]
}

const formatOf = (era: Era, pointerBytes: 4 | 8): PoolHeaderFormat => ({
  name: era.name,
  unit: pointerBytes === 4 ? 8 : 16,
  headerBytes: pointerBytes === 4 ? 8 : 16,
  pointerBytes,
  kinds: Uint8Array.from({ length: 256 }, (_, type) => era.kindOf(type)),
  pages: era.pages,
  inUseBit: era.inUseBit,
  processForTag: era.kindOf === kindOnXp && pointerBytes === 4,
  previousSizeHolds: era.toBuild < 6000,
  source: 'reference 8.1, 8.2',
})
