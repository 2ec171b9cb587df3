import { viewOf } from '../bytes/view.ts'

/** `KDBG`, as the lower half of the word at offset 10 hex; the block's size is the upper. */
const ownerTag = 0x4742444bn
const tagOffset = 0x10
/** Blocks that Windows encodes are of Windows 8 and later, and at least this long (reference 4.3, 4.5). */
const leastBytes = 0x360
/** A plain block of those versions has dozens of empty slots; fewer equal words than this are chance. */
const leastRepeats = 8

const word = (value: bigint): bigint => BigInt.asUintN(64, value)
const rotateLeft = (value: bigint, by: bigint): bigint => word((value << by) | (value >> (64n - by)))
const swapBytes = (value: bigint): bigint => {
  let swapped = 0n
  for (let byte = 0n; byte < 8n; byte++) swapped = (swapped << 8n) | ((value >> (8n * byte)) & 0xffn)
  return swapped
}

/**
 * Undoes the encoding of a debugger data block (reference 4.5) without the three secrets it takes. Each word went through
 * exclusive-ors, a rotation by an unknown number of bits and a swap of its bytes, so that the exclusive-or of two encoded
 * words is that of the plain ones, rotated and swapped. A plain block has many empty slots: its commonest word, encoded,
 * is zero's code, and each other word's difference from it is the word itself. The rotation is the one of 64 that brings
 * forth the block's tag. Null when none does; what comes out must still be validated.
 */
export const decodeEncodedBlock = (bytes: Uint8Array): Uint8Array | null => {
  if (bytes.length < leastBytes) return null
  const view = viewOf(bytes)
  const zero = commonestWord(view)
  if (zero === null || zero === 0n) return null
  const tagged = view.getBigUint64(tagOffset, true) ^ zero
  for (let by = 0n; by < 64n; by++) {
    if ((swapBytes(rotateLeft(tagged, by)) & 0xffff_ffffn) !== ownerTag) continue
    const plain = new Uint8Array(bytes.length & ~7)
    for (let at = 0; at < plain.length; at += 8)
      viewOf(plain).setBigUint64(at, swapBytes(rotateLeft(view.getBigUint64(at, true) ^ zero, by)), true)
    return plain
  }
  return null
}

const commonestWord = (view: DataView): bigint | null => {
  const counts = new Map<bigint, number>()
  for (let at = 0; at < leastBytes; at += 8) {
    const value = view.getBigUint64(at, true)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  const [value, count] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most))
  return count >= leastRepeats ? value : null
}
