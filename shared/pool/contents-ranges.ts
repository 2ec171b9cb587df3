import type { Module, UnloadedModule } from '../analysis/module.ts'
import type { ModuleRange } from './contents.ts'

/** An entry that says more is none. */
const largestDriverBytes = 2n ** 28n

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
  const taken = merged(ranges.map(({ base, size }) => ({ start: base, end: base + BigInt(size) })))
  for (const { name, start, end } of unloaded) {
    const span = { start: BigInt(start), end: BigInt(end) }
    if (span.end <= span.start || span.end - span.start > largestDriverBytes) continue
    for (const part of take(taken, span))
      ranges.push({
        name: `${name} (unloaded)`,
        base: part.start,
        size: Number(part.end - part.start),
        unloaded: true,
      })
  }
  return ranges
}

type Span = { readonly start: bigint; readonly end: bigint }

/** The same addresses as disjoint spans in ascending order. */
const merged = (spans: readonly Span[]): Span[] => {
  const joined: Span[] = []
  for (const span of spans.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))) {
    const last = joined.at(-1)
    if (last === undefined || last.end < span.start) joined.push(span)
    else if (span.end > last.end) joined[joined.length - 1] = { start: last.start, end: span.end }
  }
  return joined
}

/** Adds a span to disjoint ones in ascending order, which then has the place of all that it meets; returns what of it was free. */
const take = (taken: Span[], span: Span): Span[] => {
  const first = taken.findIndex(({ end }) => end >= span.start)
  const from = first < 0 ? taken.length : first
  const free: Span[] = []
  let [start, end, next] = [span.start, span.end, span.start]
  let to = from
  for (; to < taken.length && taken[to].start <= span.end; to++) {
    const met = taken[to]
    if (next < met.start) free.push({ start: next, end: met.start })
    if (met.end > next) next = met.end
    if (met.start < start) start = met.start
    if (met.end > end) end = met.end
  }
  if (next < span.end) free.push({ start: next, end: span.end })
  taken.splice(from, to - from, { start, end })
  return free
}
