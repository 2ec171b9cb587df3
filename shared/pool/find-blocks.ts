import type { ByteSource } from '../bytes/source.ts'
import type { PageRun } from '../dump/physical-memory.ts'
import { blockKind, type PoolHeaderFormat } from '../kernel/pools/pool-header.ts'
import { plainKey } from '../kernel/pools/pool-tag.ts'
import type { BlockSampler } from './contents.ts'
import { borneOut } from './format-contest.ts'
import { scanPool } from './scan.ts'
import { fieldsOf } from './scan-page.ts'

/** One block found by its header, which is at `physicalAddress` in memory and at `fileOffset` in the dump. */
export type FoundBlock = {
  readonly physicalAddress: number
  readonly fileOffset: number
  /** The whole block, header included; and of the block before it, as this one's header has it. */
  readonly bytes: number
  readonly previousBytes: number
  readonly paged: boolean
  /** The tag as the header has it, protected bit and all. */
  readonly key: number
}

export type BlockSearch = {
  /** In the dump's order, at most as many as asked for. */
  readonly blocks: readonly FoundBlock[]
  /** How many there are in all, and their bytes. */
  readonly found: number
  readonly bytes: number
  readonly pagesScanned: number
  /** How headers were read, or why none were. */
  readonly note: string
}

export type BlockQuery = {
  readonly runs: readonly PageRun[]
  readonly formats: readonly PoolHeaderFormat[]
  /** Which tags, by their keys without the protected bit. */
  readonly matches: (key: number) => boolean
  /** Tags to recognise blocks by where headers tile no page (segment heap). */
  readonly knownKeys: ReadonlySet<number>
  /** Paged blocks alone, or those that are not; all when left out. */
  readonly paged?: boolean
  readonly most: number
  /** Asked between reads: true ends the search, and what was found by then is told. */
  readonly stopped?: () => boolean
  readonly onProgress?: (done: number, of: number) => void
}

/**
 * The allocated small blocks of some tags, as `!poolfind` lists them; those of a page or more are in the big-page table
 * (`readBigPages` with the tag's key). Every page of the dump is looked at once. A page does not tell its virtual address,
 * so the physical one is given.
 */
export const findBlocks = async (source: ByteSource, query: BlockQuery): Promise<BlockSearch> => {
  const pages = query.runs.reduce((sum, run) => sum + run.pages, 0)
  const physical = physicalAddresses(query.runs)
  const matches = remembered(query.matches)
  let readOffset = 0
  const finders = new Map<PoolHeaderFormat, { blocks: FoundBlock[]; found: number; bytes: number }>()
  const finder = (format: PoolHeaderFormat): BlockSampler => {
    const found = { blocks: [] as FoundBlock[], found: 0, bytes: 0 }
    finders.set(format, found)
    const { sizeMask, typeShift } = fieldsOf(format)
    return {
      offer: (blockKey, words, from) => {
        if (!matches(blockKey)) return
        const paged = format.kinds[words[from] >>> typeShift] === blockKind.paged
        if (query.paged !== undefined && paged !== query.paged) return
        const bytes = ((words[from] >>> 16) & sizeMask) * format.unit
        found.found++
        found.bytes += bytes
        if (found.blocks.length >= query.most) return
        const fileOffset = readOffset + from * 4
        found.blocks.push({
          fileOffset,
          physicalAddress: physical(fileOffset),
          bytes,
          previousBytes: (words[from] & sizeMask) * format.unit,
          paged,
          key: blockKey,
        })
      },
      readFrom: (offset) => {
        readOffset = offset
      },
      sample: () => [],
    }
  }
  const census = await scanPool(source, {
    ranges: untilStopped(query.runs, query.stopped ?? (() => false)),
    formats: query.formats,
    knownKeys: query.knownKeys,
    sampler: finder,
    onProgress: (done) => query.onProgress?.(done * 4096, pages * 4096),
  })
  const { winner, note } = borneOut(census, query.formats, () => null)
  const { pagesScanned } = census
  const result = winner === null ? undefined : finders.get(winner.format)
  const { blocks, found, bytes } = result ?? { blocks: [], found: 0, bytes: 0 }
  return { blocks, found, bytes, pagesScanned, note }
}

const mostRemembered = 65_536

/** The same test, asked once of each tag: a dump has millions of blocks and some two thousand tags. */
const remembered = (matches: (key: number) => boolean): ((key: number) => boolean) => {
  const answers = new Map<number, boolean>()
  return (key) => {
    const answer = answers.get(key) ?? matches(plainKey(key))
    if (answers.size < mostRemembered) answers.set(key, answer)
    return answer
  }
}

/** Pages handed out at a time: as many as are read at once, so that a search ends soon after it is told to. */
const pagesAtOnce = 2048

function* untilStopped(runs: readonly PageRun[], stopped: () => boolean): Generator<PageRun> {
  for (const run of runs)
    for (let done = 0; done < run.pages; done += pagesAtOnce) {
      if (stopped()) return
      const pages = Math.min(pagesAtOnce, run.pages - done)
      yield { pfn: run.pfn + done, pages, fileOffset: run.fileOffset + done * 4096 }
    }
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
