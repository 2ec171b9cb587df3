import type { ByteSource } from '../bytes/source.ts'
import type { PageRun } from '../dump/physical-memory.ts'
import type { PoolHeaderFormat } from '../kernel/pool-header.ts'
import type { BlockSampler } from './contents.ts'
import { chainedPageScanner, scatteredPageScanner } from './scan-page.ts'
import { type ScannedTag, tagCounts } from './tag-counts.ts'

const pageBytes = 4096
/** One read: large enough for a disk's or S3's full rate, small enough that two are held at once without care. */
const readPages = 2048

export type ScanQuery = {
  readonly runs: Iterable<PageRun>
  /** Pages the runs hold together, for progress. */
  readonly pages: number
  readonly format: PoolHeaderFormat
  /** Tags the tracker knows: needed for segment-heap builds, unused otherwise. */
  readonly knownKeys: ReadonlySet<number>
  readonly sampler: BlockSampler | null
  readonly onProgress?: (done: number, of: number) => void
}

export type PoolPages = {
  readonly pagesScanned: number
  /** Pages among them that are pool. */
  readonly poolPages: number
  readonly blocks: number
  /** Blocks of tags beyond the 65,536 counted one by one. */
  readonly unlistedBlocks: number
  readonly tags: readonly ScannedTag[]
}

/**
 * Looks at every page in the file, once, in file order, and counts the pool blocks in it by their headers. One read is
 * under way while the one before it is looked at; memory is bounded by two reads.
 */
export const scanPool = async (source: ByteSource, query: ScanQuery): Promise<PoolPages> => {
  const counts = tagCounts()
  const scanner =
    query.format.pages === 'chained'
      ? chainedPageScanner(query.format, counts, query.sampler)
      : scatteredPageScanner(query.format, counts, query.sampler, query.knownKeys)
  let pagesScanned = 0
  let poolPages = 0
  for await (const bytes of readAhead(source, sequentialReads(query.runs))) {
    const words = wordsOf(bytes)
    for (let first = 0; first < words.length; first += 1024) if (scanner.scan(words, first)) poolPages++
    pagesScanned += words.length / 1024
    query.onProgress?.(pagesScanned * pageBytes, query.pages * pageBytes)
  }
  return { pagesScanned, poolPages, ...counts.result() }
}

type Read = { readonly offset: number; readonly pages: number }

/** Cuts the runs into reads: runs that lie one after another in the file are read together, whatever their PFNs. */
export function* sequentialReads(runs: Iterable<PageRun>): Generator<Read> {
  let offset = 0
  let pages = 0
  for (const run of runs) {
    if (pages > 0 && run.fileOffset !== offset + pages * pageBytes) {
      yield { offset, pages }
      pages = 0
    }
    if (pages === 0) offset = run.fileOffset
    pages += run.pages
    for (; pages >= readPages; pages -= readPages, offset += readPages * pageBytes) yield { offset, pages: readPages }
  }
  if (pages > 0) yield { offset, pages }
}

async function* readAhead(source: ByteSource, reads: Iterable<Read>): AsyncGenerator<Uint8Array> {
  let ahead: Promise<Uint8Array> | null = null
  for (const { offset, pages } of reads) {
    const current = ahead
    ahead = source.read(offset, pages * pageBytes)
    // Should the scan stop before this one is waited for, its failure is not another error.
    ahead.catch(() => undefined)
    if (current !== null) yield await current
  }
  if (ahead !== null) yield await ahead
}

/**
 * The bytes as 32-bit words, copied only when they do not start on a word in their buffer: the pages of a bitmap dump may
 * begin at any byte. Not by `slice`, which for a Buffer copies nothing.
 */
const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 2)
}
