import { shardResultKey } from '../../shared/cases/object-keys.ts'
import { scanShard } from '../../shared/pool/scan-plan.ts'
import { type DumpStagePorts, onDump } from '../aws/dump-stage.ts'
import type { StageJob } from '../aws/stage-runner.ts'
import { readPlan, type ShardResult, tellStageIfSettled } from '../pool/shards.ts'

/** One shard of the pool scan: its census, from its part of the file and nothing else of the dump. */
export const shardJob = (ports: DumpStagePorts, shard: number, scan = scanShard): StageJob => ({
  stage: 'pool',
  shard,
  resultKey: (id) => shardResultKey(id, shard),
  run: async (context) => {
    const { brief, shards } = await readPlan(context)
    const { result: census, cost } = await onDump(ports, context, (source) => scan(source, brief, shards[shard]))
    const result: ShardResult = { census, cost }
    return { result, cost }
  },
  passOn: (context) => tellStageIfSettled(context, ports.send),
})
