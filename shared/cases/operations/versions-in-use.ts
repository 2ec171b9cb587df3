import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import { finishedPartition } from '../item-keys.ts'
import { AnalysisRecord } from '../records.ts'
import { Stage } from '../stage.ts'
import type { TallyOf } from './tally.ts'

/** How many finished analyses were made by a version, and when the last of them was. */
export const VersionUse = z.object({ analyses: Count, lastAt: Timestamp })
export type VersionUse = z.infer<typeof VersionUse>

const Uses = z.record(z.string(), VersionUse)
type Uses = z.infer<typeof Uses>

/** By version: of the engine, and of the code of each stage. */
export const VersionsInUse = z.object({ engine: Uses, stages: z.partialRecord(Stage, Uses) })
export type VersionsInUse = z.infer<typeof VersionsInUse>

/** Of all finished analyses of a tenant. One from before its versions were recorded counts for the engine alone. */
export const versionsInUse = (tenant: string): TallyOf<VersionsInUse> => ({
  listPk: finishedPartition(tenant),
  schema: VersionsInUse,
  empty: { engine: {}, stages: {} },
  add: (sums, entry) => {
    const { engineVersion, finishedAt, facts } = AnalysisRecord.parse(entry)
    const at = finishedAt ?? ''
    const stages = Stage.options.flatMap((stage): [Stage, Uses][] => {
      const version = facts?.data[`stage-${stage}`]
      return version === undefined ? [] : [[stage, oneMore(sums.stages[stage], version, at)]]
    })
    return {
      engine: oneMore(sums.engine, engineVersion, at),
      stages: { ...sums.stages, ...Object.fromEntries(stages) },
    }
  },
})

const oneMore = (uses: Uses = {}, version: string, at: string): Uses => {
  const { analyses, lastAt } = uses[version] ?? { analyses: 0, lastAt: at }
  return { ...uses, [version]: { analyses: analyses + 1, lastAt: at > lastAt ? at : lastAt } }
}
