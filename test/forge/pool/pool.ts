import type { Layout } from '../kernel/layout.ts'
import type { Random } from '../random.ts'
import { type Va, writePointer } from '../words.ts'
import type { Census, TagCount } from './census.ts'

/** What becomes of a pool page: `out` ones are accounted for and not in the dump. */
export type PageFate = 'resident' | 'out'

/** Contiguous in physical memory; wired: never paged out. */
export type BigOptions = { readonly contiguous?: boolean; readonly wired?: boolean }

/** Where a pool gets its pages from. */
export type PoolPages = {
  /** One page for small blocks: its address, its bytes, and whether those reach the dump. */
  open(): { readonly va: Va; readonly bytes: Buffer; readonly fate: PageFate }
  /** Pages one after another in virtual memory for a big allocation; null bytes for pages that are out. */
  openBig(pages: number, how: BigOptions): { readonly va: Va; readonly bytes: readonly (Buffer | null)[] }
}

/** A block's body: `bytes` is the page, the body begins at `offset`. */
export type Block = {
  readonly va: Va
  readonly bytes: Buffer
  readonly offset: number
  readonly length: number
  readonly fate: PageFate
}

export type BigBlock = { readonly va: Va; readonly pages: readonly (Buffer | null)[] }

/** One pool, with one descriptor. */
export type Pool = {
  readonly paged: boolean
  readonly index: number
  readonly unitBytes: number
  /** A block of whole units, header included; null when it needs a page more than the pool may have. */
  allocate(count: TagCount, units: number, protect?: boolean): Block | null
  /** A free block that still carries its last owner's tag. */
  leaveFree(staleKey: number, units: number): void
  big(count: TagCount, pages: number, options?: BigOptions & { protect?: boolean }): BigBlock
  /** Units a request of so many bytes takes. */
  unitsFor(bytes: number): number
  /** Closes every open page with a free block, and links the descriptor's list heads at an address. */
  close(): void
  writeListHeads(descriptor: Buffer, descriptorVa: Va): void
  smallPages(): number
  bigPages(): number
  /** Bytes still free in open pages. */
  openBytes(): number
}

type OpenPage = { va: Va; bytes: Buffer; fate: PageFate; used: number; last: number }
type FreeBlock = { bytes: Buffer; offset: number; va: Va }

/** How many pages take new blocks at a time: neighbours in a page come from different owners. */
const openAtOnce = 8

const protectedPool = 0x80000000

export const createPool = (options: {
  readonly layout: Layout
  readonly paged: boolean
  readonly index: number
  readonly pages: PoolPages
  readonly census: Census
  readonly maximumPages: number
  readonly random: Random
}): Pool => {
  const { layout, paged, index, pages, census, maximumPages, random } = options
  const { width, poolHeader, poolType } = layout
  const { unit, bytes: headerBytes } = poolHeader
  const unitsPerPage = 4096 / unit
  const open: OpenPage[] = []
  const free: FreeBlock[][] = []
  let small = 0
  let big = 0
  const inUse = paged ? poolType.paged : poolType.nonPaged
  const onLookaside = paged ? poolType.lookasidePaged : poolType.lookasideNonPaged

  const writeHeader = (page: OpenPage, units: number, type: number, key: number): number => {
    const at = page.used * unit
    if (width === 4) {
      page.bytes.writeUInt16LE(page.last | (index << 9), at)
      page.bytes.writeUInt16LE(units | (type << 9), at + 2)
      page.bytes.writeUInt32LE(key, at + 4)
    } else {
      page.bytes[at] = page.last
      page.bytes[at + 1] = index
      page.bytes[at + 2] = units
      page.bytes[at + 3] = type
      page.bytes.writeUInt32LE(key, at + 4)
      page.bytes.fill(0, at + 8, at + 16)
    }
    page.used += units
    page.last = units
    return at
  }

  const writeFree = (page: OpenPage, key: number, units: number): void => {
    const lookaside = onLookaside !== 0 && units > 1 && units < unitsPerPage / 2 && random.below(4) === 0
    const at = writeHeader(page, units, lookaside ? onLookaside : 0, key)
    if (lookaside || units < 2 || page.fate === 'out') return
    free[units] ??= []
    free[units].push({ bytes: page.bytes, offset: at + headerBytes, va: page.va + at + headerBytes })
  }

  const close = (page: OpenPage): void => {
    let left = unitsPerPage - page.used
    while (left > 0) {
      const units = Math.min(left, unitsPerPage - 1)
      writeFree(page, 0x20206d4d, units) // 'Mm  '
      left -= units
    }
  }

  const pageFor = (units: number): OpenPage | null => {
    for (const page of open) if (page.used + units <= unitsPerPage) return page
    if (small + big >= maximumPages) return null
    if (open.length >= openAtOnce) {
      let fullest = 0
      for (let other = 1; other < open.length; other++) if (open[other].used > open[fullest].used) fullest = other
      close(open[fullest])
      open.splice(fullest, 1)
    }
    const page = { ...pages.open(), used: 0, last: 0 }
    small++
    open.push(page)
    return page
  }

  return {
    paged,
    index,
    unitBytes: unit,
    allocate: (count, units, protect = false) => {
      const page = pageFor(units)
      if (page === null) return null
      const at = writeHeader(page, units, inUse, (protect ? count.key | protectedPool : count.key) >>> 0)
      const totals = paged ? count.paged : count.nonPaged
      totals.blocks++
      totals.blockBytes += units * unit
      if (page.fate === 'resident') {
        totals.residentBlocks++
        totals.residentBytes += units * unit
      }
      return {
        va: page.va + at + headerBytes,
        bytes: page.bytes,
        offset: at + headerBytes,
        length: units * unit - headerBytes,
        fate: page.fate,
      }
    },
    leaveFree: (staleKey, units) => {
      const page = pageFor(units)
      if (page !== null) writeFree(page, staleKey, units)
    },
    big: (count, pageCount, { protect = false, ...how } = {}) => {
      if (small + big + pageCount > maximumPages) throw new Error(`No room for ${pageCount} pages of ${count.tag}.`)
      const { va, bytes } = pages.openBig(pageCount, how)
      big += pageCount
      const totals = paged ? count.paged : count.nonPaged
      totals.bigs++
      totals.bigBytes += pageCount * 4096
      const key = (protect ? count.key | protectedPool : count.key) >>> 0
      census.bigs.push({ va, count, key, pages: pageCount, paged })
      return { va, pages: bytes }
    },
    unitsFor: (bytes) => Math.min(Math.ceil((bytes + headerBytes) / unit), unitsPerPage - 1),
    close: () => {
      for (const page of open.splice(0)) close(page)
    },
    // Free blocks hang on the list of their size: Flink and Blink are their first two words, pointing at bodies.
    writeListHeads: (descriptor, descriptorVa) => {
      if (layout.descriptor === null) throw new Error('This build has no pool descriptors.')
      const { listHeads, bytes: descriptorBytes } = layout.descriptor
      const count = (descriptorBytes - listHeads) / (2 * width)
      for (let units = 1; units <= count; units++) {
        const head = listHeads + (units - 1) * 2 * width
        const headVa = descriptorVa + head
        const blocks = free[units] ?? []
        writePointer(descriptor, head, blocks[0]?.va ?? headVa, width)
        writePointer(descriptor, head + width, blocks.at(-1)?.va ?? headVa, width)
        for (const [position, block] of blocks.entries()) {
          writePointer(block.bytes, block.offset, blocks[position + 1]?.va ?? headVa, width)
          writePointer(block.bytes, block.offset + width, blocks[position - 1]?.va ?? headVa, width)
        }
      }
    },
    smallPages: () => small,
    bigPages: () => big,
    openBytes: () => open.reduce((total, page) => total + (unitsPerPage - page.used) * unit, 0),
  }
}

/** A big allocation's body as one buffer: what is written there reaches the pages with `flush`. */
export const linear = (block: BigBlock): { readonly bytes: Buffer; flush(): void } => {
  const bytes = Buffer.alloc(block.pages.length * 4096)
  return {
    bytes,
    flush: () => {
      for (const [page, target] of block.pages.entries()) target?.set(bytes.subarray(page * 4096, page * 4096 + 4096))
    },
  }
}
