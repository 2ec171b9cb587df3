/**
 * A bitmap whose set bits can be counted up to any place in constant time: one 32-bit rank before every 512 bits, so
 * 6.25 % on top of the bits themselves and nothing per page. 16 TiB of pages have ranks that fit 32 bits.
 */
export type RankedBitmap = {
  readonly bits: number
  /** Set bits in all. */
  readonly count: number
  has(bit: number): boolean
  /** How many bits below `bit` are set. `bit` is within the bitmap. */
  rank(bit: number): number
  /** Maximal runs of set bits, ascending. */
  runs(): Iterable<{ readonly first: number; readonly length: number }>
}

const blockWords = 16
const blockBits = blockWords * 32

const popcount = (word: number): number => {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/**
 * `bytes` as a dump stores them: bit n is bit n mod 8, from the least significant, of byte n / 8 (reference 2.2).
 * Bits at `bits` and beyond are ignored, whatever the last byte holds; bytes that are missing read as clear.
 */
export const rankedBitmap = (bytes: Uint8Array, bits: number): RankedBitmap => {
  const words = new Uint32Array(Math.ceil(bits / 32))
  // Copied by bytes, for the bitmap begins anywhere in the file; words are little-endian as every host of ours is.
  new Uint8Array(words.buffer).set(bytes.subarray(0, Math.min(bytes.length, words.length * 4)))
  const spare = bits % 32
  if (spare !== 0) words[words.length - 1] &= 2 ** spare - 1
  const ranks = new Uint32Array(Math.floor(bits / blockBits) + 1)
  let count = 0
  for (let index = 0; index < words.length; index++) {
    if (index % blockWords === 0) ranks[index / blockWords] = count
    count += popcount(words[index])
  }
  if (words.length % blockWords === 0 && words.length / blockWords < ranks.length)
    ranks[words.length / blockWords] = count

  return {
    bits,
    count,
    has: (bit) => bit >= 0 && bit < bits && ((words[bit >>> 5] >>> (bit & 31)) & 1) === 1,
    rank: (bit) => {
      const block = Math.floor(bit / blockBits)
      const last = bit >>> 5
      let rank = ranks[block]
      for (let index = block * blockWords; index < last; index++) rank += popcount(words[index])
      const partial = bit & 31
      return partial === 0 ? rank : rank + popcount(words[last] & (2 ** partial - 1))
    },
    *runs() {
      let first = -1
      for (let index = 0; index < words.length; index++) {
        const word = words[index]
        if (word === (first < 0 ? 0 : 0xffffffff)) continue
        for (let bit = 0; bit < 32; bit++) {
          const set = ((word >>> bit) & 1) === 1
          if (set === first >= 0) continue
          if (set) first = index * 32 + bit
          else {
            yield { first, length: index * 32 + bit - first }
            first = -1
          }
        }
      }
      if (first >= 0) yield { first, length: bits - first }
    },
  }
}
