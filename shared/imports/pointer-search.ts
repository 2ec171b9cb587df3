import { wordsOf } from './code.ts'

/** A word that holds one of the addresses looked for: `offset` in bytes from the start of the bytes searched. */
export type PointerHit = { readonly offset: number; readonly target: bigint }

export type PointerHits = {
  readonly hits: readonly PointerHit[]
  /** True when there were more hits than the limit: the list is then its beginning. */
  readonly more: boolean
}

/**
 * Finds every pointer-aligned word that equals one of `targets`: what `s-d` (4 bytes) and `s-q` (8 bytes) do
 * (reference 7.5, step 1). `bytes` starts at a pointer-aligned address. At most `limit` hits for each target.
 */
export const findPointers = (
  bytes: Uint8Array,
  pointerBytes: 4 | 8,
  targets: readonly bigint[],
  limit: number,
): PointerHits => {
  const byLowWord = new Map<number, bigint[]>()
  // Nearly every word differs in its low 16 bits already: one table look-up a word keeps a search of hundreds of megabytes cheap.
  const filter = new Uint8Array(0x10000)
  for (const target of new Set(targets)) {
    const low = Number(target & 0xffffffffn)
    byLowWord.set(low, [...(byLowWord.get(low) ?? []), target])
    filter[low & 0xffff] = 1
  }

  const words = wordsOf(bytes)
  const step = pointerBytes / 4
  const counts = new Map<bigint, number>()
  const hits: PointerHit[] = []
  let more = false
  for (let index = 0; index + step <= words.length; index += step) {
    const low = words[index]
    if (filter[low & 0xffff] === 0) continue
    for (const target of byLowWord.get(low) ?? []) {
      if (pointerBytes === 8 && words[index + 1] !== Number(target >> 32n)) continue
      const count = (counts.get(target) ?? 0) + 1
      counts.set(target, count)
      if (count > limit) more = true
      else hits.push({ offset: index * 4, target })
    }
  }
  return { hits, more }
}
