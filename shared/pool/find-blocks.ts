import type { ByteSource } from '../bytes/source.ts'
import type { PageRun } from '../dump/physical-memory.ts'
import { blockKind, type PoolHeaderFormat } from '../kernel/pool-header.ts'
import { plainKey } from '../kernel/pool-tag.ts'
import type { BlockSampler } from './contents.ts'
import { scanPool } from './scan.ts'
import { fieldsOf } from './scan-page.ts'

/** One block found by its header, which is at `physicalAddress` in memory and at `fileOffset` in the dump. */
export type FoundBlock = {
  readonly physicalAddress: number
  readonly fileOffset: number
  /** The whole block, header included. */
  readonly bytes: number
  readonly paged: boolean
}

export type BlockSearch = {
  /** In the dump's order, at most as many as asked for. */
  readonly blocks: readonly FoundBlock[]
  /** How many there are in all. */
  readonly found: number
  readonly pagesScanned: number
  /** How headers were read, or why none were. */
  readonly note: string
}

export type BlockQuery = {
  readonly runs: readonly PageRun[]
  readonly formats: readonly PoolHeaderFormat[]
  /** Tag, protected or not. */
  readonly key: number
  readonly most: number
  readonly onProgress?: (done: number, of: number) => void
}

/**
 * The allocated small blocks of one tag, as `!poolfind` lists them; those of a page or more are in the big-page table
 * (`readBigPages` with the tag's key). Every page of the dump is looked at once. A page does not tell its virtual address,
 * so the physical one is given.
 */
export const findBlocks = async (source: ByteSource, query: BlockQuery): Promise<BlockSearch> => {
  const key = plainKey(query.key)
  const pages = query.runs.reduce((sum, run) => sum + run.pages, 0)
  const physical = physicalAddresses(query.runs)
  let readOffset = 0
  const finders = new Map<PoolHeaderFormat, { blocks: FoundBlock[]; found: number }>()
  const finder = (format: PoolHeaderFormat): BlockSampler => {
    const found = { blocks: [] as FoundBlock[], found: 0 }
    finders.set(format, found)
    const { sizeMask, typeShift } = fieldsOf(format)
    return {
      offer: (blockKey, words, from) => {
        if (plainKey(blockKey) !== key) return
        found.found++
        if (found.blocks.length >= query.most) return
        const fileOffset = readOffset + from * 4
        found.blocks.push({
          fileOffset,
          physicalAddress: physical(fileOffset),
          bytes: ((words[from] >>> 16) & sizeMask) * format.unit,
          paged: format.kinds[words[from] >>> typeShift] === blockKind.paged,
        })
      },
      result: () => [],
    }
  }
  const { format, pagesScanned, note } = await scanPool(source, {
    runs: query.runs,
    pages,
    formats: query.formats,
    knownKeys: new Set([key]),
    sampler: finder,
    onProgress: query.onProgress,
    onRead: (offset) => {
      readOffset = offset
    },
  })
  const result = format === null ? undefined : finders.get(format)
  return { blocks: result?.blocks ?? [], found: result?.found ?? 0, pagesScanned, note }
}

/** From a page's place in the file to its place in memory; the runs are in file order. */
const physicalAddresses =
  (runs: readonly PageRun[]) =>
  (fileOffset: number): number => {
    let low = 0
    let high = runs.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (runs[middle].fileOffset <= fileOffset) low = middle
      else high = middle - 1
    }
    return runs[low].pfn * 4096 + (fileOffset - runs[low].fileOffset)
  }
