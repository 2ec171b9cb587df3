import type { Cost } from '../analysis/analysis.ts'
import { cachedSource } from '../bytes/cached-source.ts'
import { countingSource } from '../bytes/counting-source.ts'
import type { ByteSource } from '../bytes/source.ts'

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
