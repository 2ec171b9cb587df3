import type { ByteSource } from '../bytes/source.ts'
import type { PoolHeaderFormat } from '../kernel/pools/pool-header.ts'
import type { BlockSampler } from './contents.ts'
import { type Contender, formatContest } from './format-contest.ts'
import type { FileRange } from './plan-shards.ts'
import type { PoolCensus } from './pool-census.ts'
import { chainedPageScanner, scatteredScanner } from './scan-page.ts'
import { tagCounts } from './tag-counts.ts'

const pageBytes = 4096
/** One read: large enough for a disk's or S3's full rate, small enough that some are held at once without care. */
const readPages = 2048
/** Reads under way while one is looked at: a single connection to S3 gives less than a scan takes. */
const readsAhead = 3

export type ScanQuery = {
  /** Which pages to look at, in file order. */
  readonly ranges: Iterable<FileRange>
  /** How headers may look, likeliest first; the pages show which it is. */
  readonly formats: readonly PoolHeaderFormat[]
  /** Tags the tracker knows, for segment-heap builds; null when it knows none. Unused otherwise. */
  readonly knownKeys: ReadonlySet<number> | null
  /** Makes a sampler of the blocks found by a format. */
  readonly sampler: ((format: PoolHeaderFormat) => BlockSampler) | null
  /** Told how many pages have been looked at. */
  readonly onProgress?: (pages: number) => void
}

/**
 * Looks at every page of the ranges once, in file order, and counts the pool blocks in it by their headers. Some reads are
 * under way while the one before them is looked at; memory is bounded by them, whatever the ranges' size.
 */
export const scanPool = async (source: ByteSource, query: ScanQuery): Promise<PoolCensus> => {
  const contenders = query.formats.map((format) => contender(format, query))
  const contest = formatContest(contenders)
  let pages = 0
  for await (const { offset, bytes } of readAhead(source, sequentialReads(query.ranges))) {
    const words = wordsOf(bytes)
    for (const { sampler } of contenders) sampler?.readFrom(offset)
    contest.scan(words)
    pages += words.length / 1024
    query.onProgress?.(pages)
  }
  return contest.census()
}

const contender = (format: PoolHeaderFormat, { sampler: samplerFor, knownKeys }: ScanQuery): Contender => {
  const counts = tagCounts()
  const sampler = samplerFor === null ? null : samplerFor(format)
  const scanner =
    format.pages === 'chained'
      ? chainedPageScanner(format, counts, sampler)
      : scatteredScanner(format, counts, sampler, knownKeys)
  return { format, counts, sampler, scanner }
}

type Read = { readonly offset: number; readonly pages: number }

/** Cuts the ranges into reads: ranges that lie one after another in the file are read together. */
export function* sequentialReads(ranges: Iterable<FileRange>): Generator<Read> {
  let offset = 0
  let pages = 0
  for (const range of ranges) {
    if (pages > 0 && range.fileOffset !== offset + pages * pageBytes) {
      yield { offset, pages }
      pages = 0
    }
    if (pages === 0) offset = range.fileOffset
    pages += range.pages
    for (; pages >= readPages; pages -= readPages, offset += readPages * pageBytes) yield { offset, pages: readPages }
  }
  if (pages > 0) yield { offset, pages }
}

type Piece = { readonly offset: number; readonly bytes: Uint8Array }

async function* readAhead(source: ByteSource, reads: Iterable<Read>): AsyncGenerator<Piece> {
  const ahead: { offset: number; bytes: Promise<Uint8Array> }[] = []
  for (const { offset, pages } of reads) {
    const bytes = source.read(offset, pages * pageBytes)
    // Should the scan stop before this one is waited for, its failure is not another error.
    bytes.catch(() => undefined)
    ahead.push({ offset, bytes })
    const first = ahead.length > readsAhead ? ahead.shift() : undefined
    if (first !== undefined) yield { offset: first.offset, bytes: await first.bytes }
  }
  for (const { offset, bytes } of ahead) yield { offset, bytes: await bytes }
}

/**
 * The bytes as 32-bit words, copied only when they do not start on a word in their buffer: the pages of a bitmap dump may
 * begin at any byte. Not by `slice`, which for a Buffer copies nothing.
 */
export const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 2)
}
