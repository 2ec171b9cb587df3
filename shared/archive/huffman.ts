/** A prefix code for quick look-up: at the next `width` bits stands symbol * 16 + length, or 0 where no code fits. */
export type HuffmanTable = { readonly table: Uint16Array; readonly width: number }

const longest = 15

/**
 * The canonical code that lengths of 0 to 15 bits make (RFC 1951, 3.2.2), its bits turned round as they are read. Null
 * when the lengths are more than a code can have. A code with gaps is allowed: what falls into a gap is no symbol.
 */
export const huffmanTable = (lengths: Uint8Array): HuffmanTable | null => {
  const counts = new Uint16Array(longest + 1)
  for (const length of lengths) counts[length]++
  counts[0] = 0
  const next = new Uint16Array(longest + 1)
  let code = 0
  let width = 1
  for (let length = 1; length <= longest; length++) {
    code = (code + counts[length - 1]) << 1
    next[length] = code
    if (code + counts[length] > 1 << length) return null
    if (counts[length] > 0) width = length
  }
  const table = new Uint16Array(1 << width)
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue
    const step = 1 << length
    for (let at = turned(next[length]++, length); at < table.length; at += step) table[at] = (symbol << 4) | length
  }
  return { table, width }
}

const turned = (code: number, length: number): number => {
  let result = 0
  for (let bit = 0; bit < length; bit++) result |= ((code >> bit) & 1) << (length - 1 - bit)
  return result
}
