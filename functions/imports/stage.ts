import { importsStage } from '../../shared/stages/imports.ts'
import { type DumpStagePorts, dumpStage } from '../aws/dump-stage.ts'
import { readHeader, readPool } from '../aws/stage-results.ts'
import type { StageJob } from '../aws/stage-runner.ts'

/** Who imports the allocation routines, or holds a pointer to one, and whose code carries the leaked tags. */
export const importsJob = (ports: DumpStagePorts): StageJob =>
  dumpStage('imports', ports, async (source, context) =>
    importsStage(source, await readHeader(context), {}, await readPool(context)),
  )
