import { viewOf } from '../bytes/view.ts'
import { blockKind, type PoolHeaderFormat } from '../kernel/pool-header.ts'
import { isPrintableKey, plainKey } from '../kernel/pool-tag.ts'
import { fieldsOf, largestIndex } from './scan-page.ts'

/** A pool header in a page, sizes in bytes, `offset` from the page's start. */
export type PageBlock = {
  readonly offset: number
  readonly size: number
  readonly previousSize: number
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
