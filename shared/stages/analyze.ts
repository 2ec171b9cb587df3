import type { Analysis, Cost } from '../analysis/analysis.ts'
import type { Refusal } from '../analysis/dump-facts.ts'
import type { ByteSource } from '../bytes/source.ts'
import { isTagged } from '../bytes/tagged-error.ts'
import { headerStage, refusedResult } from './header.ts'
import { importsStage } from './imports.ts'
import { measured } from './measured.ts'
import type { StageOptions } from './options.ts'
import { nextStage, type StageName } from './plan.ts'
import { poolStage } from './pool.ts'
import type { HeaderResult, ImportsResult, PoolResult } from './results.ts'
import { assemble, type StageFailure, verdictStage } from './verdict.ts'

/** What the engine does not have itself: a clock in milliseconds and the peak memory so far in bytes. */
export type Meter = { readonly clock: () => number; readonly peakMemory?: () => number }

/**
 * All stages of one dump in one process, in the order that the plan tells. A stage that fails for a reason of the dump's
 * (a tagged error) costs its own result and no other; rejects when the header stage fails, or by a defect.
 */
export const analyze = async (source: ByteSource, options: StageOptions, meter: Meter): Promise<Analysis> => {
  const costs: Cost[] = []
  const failures: StageFailure[] = []
  const run = async <Result extends object>(
    stage: (source: ByteSource) => Promise<Result>,
  ): Promise<Result & { cost: Cost }> => {
    const { result, cost } = await measured(source, meter.clock, stage, meter.peakMemory)
    costs.push(cost)
    return { ...result, cost }
  }
  const attempt = async <Result extends object>(
    stage: StageFailure['stage'],
    work: (source: ByteSource) => Promise<Result>,
  ): Promise<(Result & { cost: Cost }) | null> => {
    try {
      return await run(work)
    } catch (error) {
      if (!isTagged(error)) throw error
      failures.push({ stage, reason: error.message })
      return null
    }
  }

  const header: HeaderResult = await run((bytes) => headerStage(bytes, options))
  let pool: PoolResult | null = null
  let imports: ImportsResult | null = null
  for (let stage: StageName | null = 'header'; stage !== null; stage = nextStage(stage, header)) {
    if (stage === 'pool') pool = await attempt('pool', (bytes) => poolStage(bytes, header, options))
    if (stage === 'imports') imports = await attempt('imports', (bytes) => importsStage(bytes, header, options, pool))
  }
  return assemble(verdictStage(header, pool, imports, failures), costs)
}

/** The analysis of a file of so many bytes that holds no dump to read: an archive that was not unpacked. */
export const refusedAnalysis = (bytes: number, refusal: Refusal): Analysis => {
  const cost = { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 }
  return assemble(verdictStage({ ...refusedResult(bytes, refusal), cost }, null, null), [cost])
}
