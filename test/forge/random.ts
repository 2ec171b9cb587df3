/** A seeded source of numbers: the same seed gives the same dump, byte for byte. No clock, no Math.random. */
export type Random = {
  /** 0 … 2^32 − 1 */
  u32(): number
  /** 0 … n − 1 */
  below(n: number): number
  /** low … high, both included */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** An independent stream, so that one part of the forge can change without moving the others. */
  fork(name: string): Random
}

/** FNV-1a, 32 bits. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0
  return value
}

/** A mulberry32 generator seeded by a name. */
export const createRandom = (seed: string): Random => {
  let state = hash(seed)
  const u32 = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (n: number): number => Math.floor((u32() / 0x100000000) * n)
  return {
    u32,
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (probability) => u32() < probability * 0x100000000,
    pick: (list) => list[below(list.length)],
    fork: (name) => createRandom(`${seed}/${name}`),
  }
}
