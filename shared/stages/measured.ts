import type { Cost } from '../analysis/analysis.ts'
import { cachedSource } from '../bytes/cached-source.ts'
import { countingSource } from '../bytes/counting-source.ts'
import type { ByteSource } from '../bytes/source.ts'

/** What several pieces of work took together. */
export const totalCost = (costs: readonly Cost[]): Cost => {
  const sum = (value: (cost: Cost) => number): number => costs.reduce((total, cost) => total + value(cost), 0)
  return {
    bytesRead: sum((cost) => cost.bytesRead),
    reads: sum((cost) => cost.reads),
    milliseconds: sum((cost) => cost.milliseconds),
    peakMemoryBytes: Math.max(0, ...costs.map((cost) => cost.peakMemoryBytes)),
  }
}

/**
 * Runs a stage on a cached view of a dump and tells what it took. `reads` and `bytesRead` are those that reached
 * `source`, not those the cache answered. `clock` is in milliseconds, `peakMemory` in bytes; the engine has neither.
 */
export const measured = async <Result>(
  source: ByteSource,
  clock: () => number,
  run: (source: ByteSource) => Promise<Result>,
  peakMemory: () => number = () => 0,
): Promise<{ result: Result; cost: Cost }> => {
  const counted = countingSource(source)
  const start = clock()
  const result = await run(cachedSource(counted))
  return {
    result,
    cost: {
      bytesRead: counted.counts.bytes,
      reads: counted.counts.reads,
      milliseconds: Math.max(0, Math.round(clock() - start)),
      peakMemoryBytes: Math.max(0, Math.round(peakMemory())),
    },
  }
}
