import { poolStage } from '../../shared/stages/pool.ts'
import { type DumpStagePorts, dumpStage } from '../aws/dump-stage.ts'
import { readHeader } from '../aws/stage-results.ts'
import type { StageJob } from '../aws/stage-runner.ts'

/** `!poolused`, and what leaked blocks contain. */
export const poolJob = (ports: DumpStagePorts): StageJob =>
  dumpStage('pool', ports, async (source, context) => poolStage(source, await readHeader(context), {}))
