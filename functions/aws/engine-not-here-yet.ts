import type { Cost } from '../../shared/analysis/analysis.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import type { HeaderResult, PoolResult } from '../../shared/stages/results.ts'

// Stands in for shared/stages/{measured,header,pool}.ts until the branches core and pool bring them; then this file goes.
export const measured = async <R>(
  source: ByteSource,
  clock: () => number,
  run: (source: ByteSource) => Promise<R>,
  peakMemory: () => number = () => 0,
): Promise<{ result: R; cost: Cost }> => {
  const start = clock()
  const result = await run(source)
  const milliseconds = Math.round(clock() - start)
  return { result, cost: { bytesRead: 0, reads: 0, milliseconds, peakMemoryBytes: peakMemory() } }
}

export const headerStage = async (source: ByteSource, _options: object): Promise<Omit<HeaderResult, 'cost'>> => ({
  dump: {
    bytes: source.size,
    format: 'unknown',
    architecture: 'unknown',
    build: null,
    machine: 'unknown',
    processors: null,
    bugcheck: null,
    crashedAt: null,
    uptimeSeconds: null,
    truncated: false,
    refusal: { code: 'no-engine', message: 'The header stage is not here yet.', advice: 'Merge the branch core.' },
    physicalPages: null,
  },
  modules: [],
  unloadedModules: [],
  memory: null,
  coverage: [],
  transcript: [],
})

export const poolStage = async (
  _source: ByteSource,
  _header: HeaderResult,
  _options: object,
): Promise<Omit<PoolResult, 'cost'>> => ({ pool: null, contents: [], coverage: [], transcript: [] })
