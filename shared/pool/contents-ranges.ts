import type { Module, UnloadedModule } from '../analysis/module.ts'
import type { ModuleRange } from './contents.ts'

/** An entry that says more is none. */
const largestDriverBytes = 2 ** 28

/**
 * What pointers in blocks are held against: the modules in memory, listed or not, and where drivers were that have been
 * unloaded, as `name.sys (unloaded)`. Addresses are given out again, so that of an unloaded driver's range only what no
 * module in memory takes up counts, and of two unloaded ones at one place the latest; `unloaded` has it first
 * (reference 6.4). A part of a range begins where the part does.
 */
export const rangesToLookFor = (
  modules: readonly Module[],
  unloaded: readonly UnloadedModule[],
): readonly ModuleRange[] => {
  const ranges: ModuleRange[] = modules.map(({ name, base, size }) => ({ name, base: BigInt(base), size }))
  for (const { name, start, end } of unloaded) {
    const size = Number(BigInt(end) - BigInt(start))
    if (size <= 0 || size > largestDriverBytes) continue
    ranges.push(...outside({ name: `${name} (unloaded)`, base: BigInt(start), size, unloaded: true }, ranges))
  }
  return ranges
}

/** The parts of a range that none of the others covers. */
const outside = (range: ModuleRange, others: readonly ModuleRange[]): ModuleRange[] => {
  let parts: { start: bigint; end: bigint }[] = [{ start: range.base, end: range.base + BigInt(range.size) }]
  for (const other of others) {
    const [start, end] = [other.base, other.base + BigInt(other.size)]
    parts = parts.flatMap((part) =>
      part.end <= start || end <= part.start
        ? [part]
        : [
            { start: part.start, end: start },
            { start: end, end: part.end },
          ].filter((rest) => rest.start < rest.end),
    )
  }
  return parts.map(({ start, end }) => ({ ...range, base: start, size: Number(end - start) }))
}
