import { headerStage, refusedResult } from '../../shared/stages/header.ts'
import { type DumpStagePorts, dumpStage } from '../aws/dump-stage.ts'
import { readUnpack } from '../aws/stage-results.ts'
import type { StageJob } from '../aws/stage-runner.ts'

/** Container, architecture, bugcheck, modules, `!vm`; of an archive that was refused the reason, without a dump to read. */
export const headerJob = (ports: DumpStagePorts): StageJob => {
  const job = dumpStage('header', ports, (source) => headerStage(source, {}))
  return {
    ...job,
    run: async (context) => {
      const unpacked = await readUnpack(context)
      if (!unpacked?.refusal) return job.run(context)
      const cost = { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 }
      return { result: { ...refusedResult(context.dump.bytes, unpacked.refusal), cost }, cost }
    },
  }
}
