/**
 * Pool tags (reference 8.2, 10.1): four bytes, read here as a little-endian u32 key whose low byte is the first
 * character. Bit 31 of the key is PROTECTED_POOL: headers and the big-page table keep it, the tracker strips it, and
 * people never see it, so `Thr\xE5` is `Thre`.
 */
const protectedPool = 0x80000000

/** The key without the protected bit, as an unsigned 32-bit number. */
export const plainKey = (key: number): number => (key & ~protectedPool) >>> 0

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f

/** Whether all four characters of the key, its protected bit aside, are printable ASCII. */
export const isPrintableKey = (key: number): boolean =>
  isPrintable(key & 0xff) &&
  isPrintable((key >>> 8) & 0xff) &&
  isPrintable((key >>> 16) & 0xff) &&
  isPrintable((key >>> 24) & 0x7f)

/** Four characters in memory order, unprintable bytes as `\xHH`, the protected bit removed. */
export const tagOfKey = (key: number): string => {
  const plain = plainKey(key)
  return [0, 8, 16, 24]
    .map((shift) => (plain >>> shift) & 0xff)
    .map((byte) =>
      isPrintable(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}

/** The key of a tag as a person writes it: up to four ASCII characters, padded with blanks. */
export const keyOfTag = (tag: string): number => {
  const padded = tag.padEnd(4, ' ')
  return (
    (padded.charCodeAt(0) |
      (padded.charCodeAt(1) << 8) |
      (padded.charCodeAt(2) << 16) |
      (padded.charCodeAt(3) << 24)) >>>
    0
  )
}

/**
 * Whether the key stands out among the constants that code is full of: numbers of 16 bits and their negatives do not (a
 * driver that passes 1 for a tag is not told from one that passes 1 for anything else).
 */
export const isDistinctiveKey = (key: number): boolean => {
  const signed = (plainKey(key) << 1) >> 1
  return signed < -0x8000 || signed > 0xffff
}

/** Key of the bucket that counts what found no row of its own (reference 8.5). */
export const overflowKey = keyOfTag('Ovfl')
