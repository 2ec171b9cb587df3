import type { Coder } from './packed.ts'

/** What may come out of an archive. */
export type UnpackLimits = {
  /** Bytes, by how the dump is packed. */
  readonly bytes: Record<Coder, number>
  /** Bytes that come out for each byte that is in the archive, on the whole; below `anyRatioBytes` it is not asked. */
  readonly ratio: number
  readonly anyRatioBytes: number
}

const gibibyte = 2 ** 30

export const unpackLimits: UnpackLimits = {
  bytes: {
    stored: 128 * gibibyte,
    deflate: 128 * gibibyte,
    deflate64: 32 * gibibyte,
    zstd: 128 * gibibyte,
    mszip: 2 * gibibyte,
  },
  // Memory that is nearly all zeros packs 1,000 : 1 with DEFLATE. A dump has some that is not: the emptiest server of
  // 64 GiB with 500 MB in use that packs 3 : 1 comes to 280 : 1.
  ratio: 300,
  anyRatioBytes: gibibyte,
}

/**
 * Whether an archive of so many pieces with so many bytes in all is made to waste time. Tools that cut (bgzip, pigz,
 * pzstd) make pieces of 64 KiB and more.
 */
export const tooFinelyCut = (pieces: number, bytes: number): boolean => pieces > 1_000 + bytes / 16_384
