import type { AnalysisUse, StageUse } from './cost-model.ts'

/** A dump whose one analysis was counted, stage by stage. */
export type MeasuredDump = AnalysisUse & {
  readonly bytes: number
  readonly stages: Record<'header' | 'pool' | 'imports' | 'verdict', StageUse>
}

/**
 * What forged dumps took in the local stack, as their stage records count it (`npx node test/bench/stage-costs.ts`, two
 * shared x86 cores, 2026-11). Requests and bytes are the engine's own and the same on AWS; milliseconds are this
 * machine's, and on AWS depend on its memory setting and on S3's latency.
 */
export const tinyDump: MeasuredDump = {
  bytes: 2_039_808,
  stages: {
    header: { bytesRead: 2_039_808, reads: 8, milliseconds: 59 },
    pool: { bytesRead: 2_039_808, reads: 8, milliseconds: 121 },
    imports: { bytesRead: 1_835_008, reads: 7, milliseconds: 59 },
    verdict: { bytesRead: 0, reads: 0, milliseconds: 30 },
  },
}

/** The case of 2008. Its pool stage reads the tables and then scans the whole dump. */
export const depletionDump: MeasuredDump = {
  bytes: 149_549_056,
  stages: {
    header: { bytesRead: 11_272_192, reads: 43, milliseconds: 449 },
    pool: { bytesRead: 156_622_848, reads: 45, milliseconds: 3_803 },
    imports: { bytesRead: 10_223_616, reads: 35, milliseconds: 809 },
    verdict: { bytesRead: 0, reads: 0, milliseconds: 17 },
  },
}
