import { pageBytes } from '../dump/run-memory.ts'
import { type FileRange, planShards, type Shard } from '../pool/plan-shards.ts'
import { defaultScanLimitBytes, defaultShardBytes, type StageOptions, scanAtOnceBytes } from './options.ts'

/** How many of a dump's pages are looked into. `follows`: all of them are to be scanned, but not now. */
export type ScanExtent = { readonly pages: 'all' | 'some'; readonly follows: boolean }

/**
 * What a dump's size and what was asked say about its scan. The pool stage goes by it, and so does the estimate of what
 * the stage costs. All pages are scanned of a dump of up to `scanLimitBytes`, of a larger one when asked or when its
 * tracker is out of reach: then nothing but the pages tells. A dump above `scanAtOnceBytes` is first judged without its
 * scan, which follows.
 */
export const scanExtent = (
  bytes: number,
  { scanLimitBytes = defaultScanLimitBytes, scanAtOnceBytes = Number.POSITIVE_INFINITY, fullScan }: StageOptions,
  hasTracker = true,
): ScanExtent => {
  const wanted = bytes <= scanLimitBytes || fullScan === true || !hasTracker
  const follows = wanted && bytes > scanAtOnceBytes
  return { pages: wanted && !follows ? 'all' : 'some', follows }
}

/** Cuts pages, given in file order, into what one worker scans each. */
export const shardsOf = (pages: Iterable<FileRange>, { shardBytes = defaultShardBytes }: StageOptions): Shard[] =>
  planShards(pages, Math.max(1, Math.floor(shardBytes / pageBytes)))

/** How many shards that makes of a dump nobody has opened: nearly all of its file is pages. */
export const expectedShards = (bytes: number, options: StageOptions): number =>
  shardsOf([{ fileOffset: 0, pages: Math.floor(bytes / pageBytes) }], options).length

/**
 * What the pipeline asks of the pool stage. A person waits for a dump's first analysis, which scans only what one worker
 * does at once; a further one scans in shards.
 */
export const pipelineOptions = ({ isFirst, fullScan }: { isFirst: boolean; fullScan?: boolean }): StageOptions =>
  isFirst ? { fullScan, scanAtOnceBytes } : { fullScan }
