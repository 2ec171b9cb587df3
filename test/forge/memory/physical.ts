import type { Random } from '../random.ts'

export const pageBytes = 4096

/** A physical page the forge fills: its page frame number and its 4,096 bytes, a view into the region it lies in. */
export type Frame = { readonly pfn: number; readonly bytes: Buffer }

/** A stretch of physical memory the scenario lends to the forge. */
export type PhysicalRange = { readonly base: number; readonly pages: number }

type Region = { readonly pfn: number; readonly pages: number; readonly bytes: Buffer }

/** Physical memory: hands out page frames, and at the end knows which runs of pages have contents. */
export type Physical = {
  /** One frame. Neighbours in time are not neighbours in memory, as on a machine that has run for days. */
  allocate(): Frame
  /** One frame below 4 GiB. */
  allocateLow(): Frame
  /** The frame of a given number, outside of what the scenario lends. */
  at(pfn: number): Frame
  /** Frames that lie one after another, `pages` ≤ the region size. */
  contiguous(pages: number): Frame[]
  /** A whole region for one large page: aligned to its own size. */
  large(pages: number): Frame[]
  /** The regions with contents, ascending; the last ones may end in unused (zero) pages. */
  regions(): readonly Region[]
}

const frameOf = (region: Region, index: number): Frame => ({
  pfn: region.pfn + index,
  bytes: region.bytes.subarray(index * pageBytes, (index + 1) * pageBytes),
})

const indexes = (pages: number): number[] => Array.from({ length: pages }, (_, index) => index)

/** Page frame numbers below this are below 4 GiB. */
const lowEnd = 0x100000

/**
 * Memory comes in regions of `regionPages`, taken from the ranges in a random order, but inside one range from its
 * base upwards: so the filled part of each range is one run.
 */
export const createPhysical = (ranges: readonly PhysicalRange[], regionPages: number, random: Random): Physical => {
  const taken: Region[] = []
  const cursors = ranges.map((range) => ({ next: range.base, end: range.base + range.pages }))

  const openRegion = (whole: boolean, below = Number.POSITIVE_INFINITY): Region => {
    const usable = cursors.filter(({ next, end }) => {
      const aligned = next % regionPages === 0 && next + regionPages <= end
      return next < Math.min(end, below) && (!whole || aligned)
    })
    if (usable.length === 0) throw new Error('The scenario lends the forge too little physical memory.')
    const cursor = random.pick(usable)
    const end = Math.min(cursor.end, (Math.floor(cursor.next / regionPages) + 1) * regionPages)
    const pages = end - cursor.next
    const region = { pfn: cursor.next, pages, bytes: Buffer.alloc(pages * pageBytes) }
    cursor.next = end
    taken.push(region)
    return region
  }

  let general: { region: Region; order: number[] } | null = null
  let low: { region: Region; next: number } | null = null
  let straight: { region: Region; next: number } | null = null

  return {
    allocate: () => {
      if (general === null || general.order.length === 0) {
        const region = openRegion(false)
        general = { region, order: random.shuffle(indexes(region.pages)) }
      }
      return frameOf(general.region, general.order.pop()!)
    },
    allocateLow: () => {
      if (low === null || low.next === low.region.pages) low = { region: openRegion(false, lowEnd), next: 0 }
      return frameOf(low.region, low.next++)
    },
    at: (pfn) => {
      const region = { pfn, pages: 1, bytes: Buffer.alloc(pageBytes) }
      taken.push(region)
      return frameOf(region, 0)
    },
    contiguous: (pages) => {
      if (straight === null || straight.next + pages > straight.region.pages)
        straight = { region: openRegion(true), next: 0 }
      const { region, next } = straight
      straight.next += pages
      return Array.from({ length: pages }, (_, index) => frameOf(region, next + index))
    },
    large: (pages) => {
      if (pages !== regionPages) throw new Error('A large page takes one whole region.')
      const region = openRegion(true)
      return Array.from({ length: pages }, (_, index) => frameOf(region, index))
    },
    regions: () => [...taken].sort((a, b) => a.pfn - b.pfn),
  }
}
