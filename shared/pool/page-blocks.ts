import { viewOf } from '../bytes/view.ts'
import { blockKind, type PoolHeaderFormat } from '../kernel/pools/pool-header.ts'
import { isPrintableKey, plainKey } from '../kernel/pools/pool-tag.ts'
import { fieldsOf, largestIndex } from './scan-page.ts'

/** A pool header in a page, sizes in bytes, `offset` from the page's start. */
export type PageBlock = {
  readonly offset: number
  readonly size: number
  readonly previousSize: number
  /** PoolType, and what it makes of the block (`blockKind`). */
  readonly type: number
  readonly kind: number
  readonly key: number
}

export type PageBlocks = {
  readonly blocks: readonly PageBlock[]
  /** Null when the headers account for the whole page, else where the first one lies that cannot be one. */
  readonly brokenAt: number | null
}

const pageBytes = 4096

const headerAt = (view: DataView, offset: number, format: PoolHeaderFormat): PageBlock & { readonly index: number } => {
  const { sizeMask, indexShift, indexMask, typeShift } = fieldsOf(format)
  const word = view.getUint32(offset, true)
  return {
    offset,
    size: ((word >>> 16) & sizeMask) * format.unit,
    previousSize: (word & sizeMask) * format.unit,
    index: (word >>> indexShift) & indexMask,
    type: word >>> typeShift,
    kind: format.kinds[word >>> typeShift],
    key: view.getUint32(offset + 4, true),
  }
}

/**
 * The blocks of one page, for a person to look at, as far as they go: a chain that breaks is shown up to where it breaks
 * (`scanPool` counts no such page). On builds whose headers tile no page, those headers whose tag is one of
 * `knownKeys`, or where no tags are known, is printable.
 */
export const blocksOfPage = (
  page: Uint8Array,
  format: PoolHeaderFormat,
  knownKeys: ReadonlySet<number> | null,
): PageBlocks => {
  const view = viewOf(page)
  const blocks: PageBlock[] = []
  if (format.pages === 'scattered') {
    for (let offset = 0; offset + format.headerBytes <= pageBytes; offset += format.unit) {
      const block = headerAt(view, offset, format)
      const plausible = block.size > 0 && block.previousSize === 0 && block.index <= largestIndex
      const named = knownKeys === null ? isPrintableKey(block.key) : knownKeys.has(plainKey(block.key))
      if (plausible && named && block.kind >= blockKind.nonPaged) {
        blocks.push(block)
        offset += block.size - format.unit
      }
    }
    return { blocks, brokenAt: null }
  }
  let previous = 0
  for (let offset = 0; offset < pageBytes; offset += previous) {
    const block = headerAt(view, offset, format)
    const contradicts = format.previousSizeHolds && block.previousSize !== previous
    if (block.size === 0 || offset + block.size > pageBytes || block.kind === blockKind.invalid || contradicts)
      return { blocks, brokenAt: offset }
    blocks.push(block)
    previous = block.size
  }
  return { blocks, brokenAt: null }
}

/**
 * Which of the ways headers may look on a build is that of this page: the first by which its headers chain to the end with
 * the share of in-use bits that is that way's; the build's own where none does, or the page is too empty to tell.
 */
export const formatOfPage = (page: Uint8Array, formats: readonly PoolHeaderFormat[]): PoolHeaderFormat =>
  formats.find((format) => {
    if (format.inUseBit === null) return true
    const { blocks, brokenAt } = blocksOfPage(page, format, null)
    const typed = blocks.filter(({ type }) => type !== 0)
    const share = typed.filter(({ type }) => (type & inUse) !== 0).length / typed.length
    return brokenAt === null && share >= format.inUseBit.least && share <= format.inUseBit.most
  }) ?? formats[0]

/** The bit that is set while a block is in use, on Server 2003 (reference 8.2). */
const inUse = 4
