/**
 * An order of numbers that has nothing to do with what they are (the last steps of MurmurHash3): what is kept by it is a
 * fair sample, the same however the whole was divided. Takes 32 bits and gives 32, no two the same.
 */
export const scattered = (value: number): number => {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** The rank of something at a place in the file (bytes, below 2^53), among others at other places. */
export const rankOfPlace = (place: number): number =>
  scattered(place ^ scattered(Math.floor(place / 2 ** 32) ^ 0x9e3779b9))

type Ranked = { readonly rank: number; readonly at: number }

/**
 * Keeps the `most` items of lowest rank, ties by their place, whichever order they come in. So what is kept of several
 * parts, put together, is what would be kept of the whole.
 */
export const lowestRanked = <Item extends Ranked>(most: number) => {
  let kept: Item[] = []
  /** Nothing ranked above it can be kept any more. */
  let highest = Number.POSITIVE_INFINITY
  const prune = (): void => {
    kept.sort((a, b) => a.rank - b.rank || a.at - b.at)
    if (kept.length > most) kept = kept.slice(0, most)
    if (kept.length === most) highest = kept[most - 1].rank
  }
  return {
    /** Whether an item of this rank may be kept: asked before one is made. */
    wants: (rank: number): boolean => rank <= highest,
    add: (item: Item): void => {
      if (item.rank > highest) return
      kept.push(item)
      if (kept.length >= 2 * most) prune()
    },
    /** By rank. */
    items: (): readonly Item[] => {
      prune()
      return kept
    },
  }
}
