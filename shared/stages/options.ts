import type { SymbolMap } from '../symbols/symbol-map.ts'

/** What a person may ask of an analysis. Everything else about it follows from the dump's bytes. */
export type StageOptions = {
  readonly symbols?: SymbolMap
  /** The text of a user's own pooltag.txt. */
  readonly pooltag?: string
  /** Scan pool pages whatever the dump's size. Without it that is done when its tracker is out of reach. */
  readonly fullScan?: boolean
  /** Largest dump, in bytes, that is scanned without being asked; 8 GiB when not given. */
  readonly scanLimitBytes?: number
  /**
   * Largest dump, in bytes, whose scan the pool stage does before it has a result. Of a larger one that is to be scanned
   * the tables are read, and the result says that a scan follows. No limit when not given.
   */
  readonly scanAtOnceBytes?: number
  /** Bytes of pages that one worker scans at most; 2 GiB when not given. */
  readonly shardBytes?: number
  /** Of a larger dump, how many bytes here and there are looked into for what leaked blocks contain; 256 MiB when not given. */
  readonly sampleBytes?: number
  /** Told from time to time how far a long search is: bytes done of bytes planned. */
  readonly onProgress?: (progress: { readonly step: string; readonly done: number; readonly of: number }) => void
}

export const defaultScanLimitBytes = 8 * 2 ** 30

/** A few GiB of file: some tens of seconds of reading from S3, and a worker that dies loses no more. */
export const defaultShardBytes = 2 * 2 ** 30

/** A dump that is one worker's scan is scanned before its first verdict; of a larger one the tables speak first. */
export const scanAtOnceBytes = defaultShardBytes

/** Enough for hundreds of blocks of any tag that fills a pool, in the time of one read a stretch. */
export const defaultSampleBytes = 256 * 2 ** 20
