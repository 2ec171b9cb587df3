/** A piece of virtual address space: where it begins, and its bytes. */
export type AddressRange = { readonly base: bigint; readonly size: number }

/** For sorting, the lowest first. */
export const byBase = (a: AddressRange, b: AddressRange): number => (a.base < b.base ? -1 : a.base > b.base ? 1 : 0)

/**
 * Finds the range that an address lies in, null when it lies in none; in time logarithmic in their number. Ranges of one
 * list do not overlap as a rule; of those that do only the one is looked at that begins last at or below the address.
 */
export const rangeFinder = <Range extends AddressRange>(
  ranges: readonly Range[],
): ((address: bigint) => Range | null) => {
  const sorted = ranges.toSorted(byBase)
  return (address) => {
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sorted[middle].base <= address) low = middle + 1
      else high = middle
    }
    const last = sorted[low - 1]
    return last !== undefined && address < last.base + BigInt(last.size) ? last : null
  }
}
