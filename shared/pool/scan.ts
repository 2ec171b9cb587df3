import type { ByteSource } from '../bytes/source.ts'
import type { PageRun } from '../dump/physical-memory.ts'
import type { PoolHeaderFormat } from '../kernel/pool-header.ts'
import type { BlockSampler } from './contents.ts'
import { type Agrees, type Contender, formatContest } from './format-contest.ts'
import { chainedPageScanner, scatteredScanner } from './scan-page.ts'
import { type ScannedTag, tagCounts } from './tag-counts.ts'

const pageBytes = 4096
/** One read: large enough for a disk's or S3's full rate, small enough that two are held at once without care. */
const readPages = 2048

export type ScanQuery = {
  readonly runs: Iterable<PageRun>
  /** Pages the runs hold together, for progress. */
  readonly pages: number
  /** How headers may look, likeliest first; the pages show which it is. */
  readonly formats: readonly PoolHeaderFormat[]
  /** Tags the tracker knows, for segment-heap builds; null when it knows none. Unused otherwise. */
  readonly knownKeys: ReadonlySet<number> | null
  /** Makes a sampler of the blocks found by a format. */
  readonly sampler: ((format: PoolHeaderFormat) => BlockSampler) | null
  /** How far the tags counted agree with the tracker; asked only when the pages leave it open which format is theirs. */
  readonly agrees?: Agrees
  readonly onProgress?: (done: number, of: number) => void
  /** Told before the pages of a read are looked at: the file offset of the first. */
  readonly onRead?: (offset: number) => void
}

export type ScanResult = {
  readonly pagesScanned: number
  /** Null when no format fits the pages. */
  readonly pages: PoolPages | null
  readonly format: PoolHeaderFormat | null
  /** Whose sampler saw the blocks that were counted. */
  readonly sampler: BlockSampler | null
  /** Which format was taken and why, as a sentence. */
  readonly note: string
}

export type PoolPages = {
  readonly pagesScanned: number
  /** Pages among them that are pool. */
  readonly poolPages: number
  readonly blocks: number
  /** Blocks of tags beyond the 65,536 counted one by one. */
  readonly unlistedBlocks: number
  /** Blocks whose header holds a process instead of a tag (XP). */
  readonly untaggedBlocks: number
  readonly tags: readonly ScannedTag[]
}

/**
 * Looks at every page in the file, once, in file order, and counts the pool blocks in it by their headers. One read is
 * under way while the one before it is looked at; memory is bounded by two reads.
 */
export const scanPool = async (source: ByteSource, query: ScanQuery): Promise<ScanResult> => {
  const contest = formatContest(
    query.formats.map((format) => contender(format, query)),
    query.agrees ?? (() => null),
  )
  let pagesScanned = 0
  for await (const { offset, bytes } of readAhead(source, sequentialReads(query.runs))) {
    const words = wordsOf(bytes)
    query.onRead?.(offset)
    contest.scan(words)
    pagesScanned += words.length / 1024
    query.onProgress?.(pagesScanned * pageBytes, query.pages * pageBytes)
  }
  const { winner, note } = contest.outcome()
  if (winner === null) return { pagesScanned, pages: null, format: null, sampler: null, note }
  const { format, sampler, counts, poolPages } = winner
  return { pagesScanned, pages: { pagesScanned, poolPages, ...counts.result() }, format, sampler, note }
}

const contender = (format: PoolHeaderFormat, { sampler: samplerFor, knownKeys }: ScanQuery): Contender => {
  const counts = tagCounts()
  const sampler = samplerFor === null ? null : samplerFor(format)
  const scanner =
    format.pages === 'chained'
      ? chainedPageScanner(format, counts, sampler)
      : scatteredScanner(format, counts, sampler, knownKeys)
  return { format, counts, sampler, scanner, poolPages: 0 }
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

type Piece = { readonly offset: number; readonly bytes: Uint8Array }

async function* readAhead(source: ByteSource, reads: Iterable<Read>): AsyncGenerator<Piece> {
  let ahead: { offset: number; bytes: Promise<Uint8Array> } | null = null
  for (const { offset, pages } of reads) {
    const current = ahead
    ahead = { offset, bytes: source.read(offset, pages * pageBytes) }
    // Should the scan stop before this one is waited for, its failure is not another error.
    ahead.bytes.catch(() => undefined)
    if (current !== null) yield { offset: current.offset, bytes: await current.bytes }
  }
  if (ahead !== null) yield { offset: ahead.offset, bytes: await ahead.bytes }
}

/**
 * The bytes as 32-bit words, copied only when they do not start on a word in their buffer: the pages of a bitmap dump may
 * begin at any byte. Not by `slice`, which for a Buffer copies nothing.
 */
export const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 2)
}
