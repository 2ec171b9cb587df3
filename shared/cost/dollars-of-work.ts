import type { Worker } from '../cases/operations/spending.ts'
import type { StageUse } from './cost-model.ts'
import type { Prices } from './prices.ts'
import { scanMemoryMb, stageMemoryMb } from './stage-memory.ts'

/** Dollars for what a stage's function did: its seconds and its reads of S3, which are nearly all that a dump costs. */
export const dollarsOfWork = (
  worker: Worker,
  { milliseconds, reads }: Omit<StageUse, 'bytesRead'>,
  { lambda, s3 }: Prices,
): number => {
  const memoryMb = worker === 'scan' ? scanMemoryMb : stageMemoryMb[worker]
  // What is left of a divided stage may be less than nothing for a while: its shards are counted as they end.
  return Math.max(0, (memoryMb / 1024) * (milliseconds / 1000) * lambda.gbSecond + reads * s3.get)
}
