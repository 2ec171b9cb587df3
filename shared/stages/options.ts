import type { SymbolMap } from '../symbols/symbol-map.ts'

/** What a person may ask of an analysis. Everything else about it follows from the dump's bytes. */
export type StageOptions = {
  readonly symbols?: SymbolMap
  /** The text of a user's own pooltag.txt. */
  readonly pooltag?: string
  /** Scan pool pages whatever the dump's size. */
  readonly fullScan?: boolean
  /** Largest dump, in bytes, that is scanned without being asked; 8 GiB when not given. */
  readonly scanLimitBytes?: number
  /** Of a larger dump, how many bytes here and there are looked into for what leaked blocks contain; 256 MiB when not given. */
  readonly sampleBytes?: number
  /** Told from time to time how far a long search is: bytes done of bytes planned. */
  readonly onProgress?: (progress: { readonly step: string; readonly done: number; readonly of: number }) => void
}

export const defaultScanLimitBytes = 8 * 2 ** 30

/** Enough for hundreds of blocks of any tag that fills a pool, in the time of one read a stretch. */
export const defaultSampleBytes = 256 * 2 ** 20
