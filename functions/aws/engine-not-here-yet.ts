import type { ByteSource } from '../../shared/bytes/source.ts'
import type { HeaderResult, PoolResult } from '../../shared/stages/results.ts'

// Stands in for shared/stages/pool.ts until the branch pool brings it; then this file goes.
export const poolStage = async (
  _source: ByteSource,
  _header: HeaderResult,
  _options: object,
): Promise<Omit<PoolResult, 'cost'>> => ({ pool: null, contents: [], coverage: [], transcript: [] })
