import type { ByteSource } from '../bytes/source.ts'
import type { DataBlock } from '../dump/triage.ts'
import type { PoolHeaderFormat } from '../kernel/pools/pool-header.ts'
import { wordsOf } from './scan.ts'
import { scatteredScanner } from './scan-page.ts'
import { blocksOf, type ScannedTag, tagCounts } from './tag-counts.ts'

/**
 * Tags that stand for themselves where no tracker says which exist: seen so often that it is no chance. In a GiB of random
 * bytes some 300 units look like a header, hardly two of them with the same tag. [I]
 */
export const recurringTags = (tags: readonly ScannedTag[]): ScannedTag[] =>
  tags.filter((tag) => blocksOf(tag) >= fewestBlocks)

const fewestBlocks = 8

export type BlockCensus = {
  readonly bytes: number
  readonly blocks: number
  readonly tags: readonly ScannedTag[]
}

/** Small dumps have some MiB at most; of one that says more no more is read. */
const mostBytes = 64 * 2 ** 20

/**
 * Headers of pool blocks in the pieces of memory that a small dump holds. A piece starts anywhere in a block or between
 * blocks, so each is searched at all places where headers may start, and what is found is a few blocks of very many. What
 * several pieces claim of the file is read once, as the first one's, and nothing beyond its end.
 */
export const censusOfBlocks = async (
  source: ByteSource,
  pieces: readonly DataBlock[],
  format: PoolHeaderFormat,
): Promise<BlockCensus> => {
  const counts = tagCounts()
  const { scan } = scatteredScanner(format, counts, null, null)
  let bytes = 0
  let end = 0
  for (const { address, fileOffset, size } of pieces.toSorted((a, b) => a.fileOffset - b.fileOffset)) {
    const first = Math.max(fileOffset, end)
    const length = Math.min(fileOffset + size, source.size, first + mostBytes - bytes) - first
    const intoUnit = (address + BigInt(first - fileOffset)) % BigInt(format.unit)
    const start = intoUnit === 0n ? 0 : format.unit - Number(intoUnit)
    if (start + format.unit > length) continue
    const words = wordsOf(await source.read(first + start, length - start))
    scan(words, 0, words.length - (words.length % (format.unit / 4)))
    bytes += length
    end = first + length
  }
  const { tags, blocks } = counts.result()
  return { bytes, blocks, tags }
}
