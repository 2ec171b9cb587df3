import { headerStage } from '../../shared/stages/header.ts'
import { type DumpStagePorts, dumpStage } from '../aws/dump-stage.ts'
import type { StageJob } from '../aws/stage-runner.ts'

/** Container, architecture, bugcheck, modules, `!vm`. */
export const headerJob = (ports: DumpStagePorts): StageJob =>
  dumpStage('header', ports, (source) => headerStage(source, {}))
