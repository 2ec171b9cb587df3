import type { ByteSource } from '../bytes/source.ts'
import type { PageRun } from '../dump/physical-memory.ts'
import { blockKind, type PoolHeaderFormat } from '../kernel/pool-header.ts'
import { plainKey } from '../kernel/pool-tag.ts'
import { blocksOfPage, type PageBlock } from './page-blocks.ts'

const pageBytes = 4096
const readPages = 2048

export type BlockQuery = {
  readonly runs: Iterable<PageRun>
  readonly format: PoolHeaderFormat
  /** Which tags, by their key without the protected bit. */
  readonly matches: (key: number) => boolean
  /** Non-paged blocks, or paged ones; free ones are of neither and left out. */
  readonly kind: number
  /** Tags the tracker knows: needed where headers do not tile pages. */
  readonly knownKeys: ReadonlySet<number>
  /** Blocks listed; all are counted. */
  readonly most: number
  readonly maxPages: number
}

export type FoundBlock = { readonly pfn: number; readonly block: PageBlock }
export type FoundBlocks = {
  readonly listed: readonly FoundBlock[]
  readonly count: number
  readonly bytes: number
  readonly pagesScanned: number
}

/** Looks for the blocks of some tags in every page of the dump, in file order, until stopped or `maxPages` are done. */
export const findBlocks = async (
  source: ByteSource,
  query: BlockQuery,
  stopped: () => boolean,
): Promise<FoundBlocks> => {
  const listed: FoundBlock[] = []
  const pages = { scanned: 0 }
  let [count, bytes] = [0, 0]
  const known = new Map<number, boolean>()
  const matches = (key: number): boolean => {
    const answer = known.get(key) ?? query.matches(plainKey(key))
    if (known.size < 65_536) known.set(key, answer)
    return answer
  }
  for (const batch of batches(query.runs)) {
    if (stopped() || pages.scanned >= query.maxPages) break
    const content = await source.read(batch.offset, batch.pfns.length * pageBytes)
    const words = wordsOf(content)
    for (const [index, pfn] of batch.pfns.entries()) {
      const start = index * pageBytes
      if (!mentions(words, start / 4, query.format, matches)) continue
      const { blocks, brokenAt } = blocksOfPage(
        content.subarray(start, start + pageBytes),
        query.format,
        query.knownKeys,
      )
      if (brokenAt !== null) continue
      for (const block of blocks) {
        if (block.kind !== query.kind || !matches(block.key)) continue
        count++
        bytes += block.size
        if (listed.length < query.most) listed.push({ pfn, block })
      }
    }
    pages.scanned += batch.pfns.length
  }
  return { listed, count, bytes, pagesScanned: pages.scanned }
}

/** Whether any word where a header would have its tag is one of those looked for: most pages are done with here. */
const mentions = (
  words: Uint32Array,
  first: number,
  { unit }: PoolHeaderFormat,
  matches: (key: number) => boolean,
): boolean => {
  for (let at = first + 1; at < first + pageBytes / 4; at += unit / 4)
    if (words[at] !== 0 && matches(words[at])) return true
  return false
}

type Batch = { readonly offset: number; readonly pfns: number[] }

/** Pages that lie one after another in the file, some MiB at a time. */
function* batches(runs: Iterable<PageRun>): Generator<Batch> {
  let batch: Batch = { offset: 0, pfns: [] }
  for (const { pfn, pages, fileOffset } of runs)
    for (let page = 0; page < pages; page++) {
      const offset = fileOffset + page * pageBytes
      const full = batch.pfns.length === readPages
      if (batch.pfns.length > 0 && (full || offset !== batch.offset + batch.pfns.length * pageBytes)) {
        yield batch
        batch = { offset, pfns: [] }
      } else if (batch.pfns.length === 0) batch = { offset, pfns: [] }
      batch.pfns.push(pfn + page)
    }
  if (batch.pfns.length > 0) yield batch
}

const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 2)
}

/** What `kind` of a query stands for in words. */
export const kindName = (kind: number): string => (kind === blockKind.paged ? 'Paged' : 'NonPaged')
