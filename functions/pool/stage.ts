import type { ByteSource } from '../../shared/bytes/source.ts'
import { resultKey } from '../../shared/cases/object-keys.ts'
import type { ShardRecord } from '../../shared/cases/records.ts'
import { isSettledShard } from '../../shared/cases/stuck.ts'
import { totalCost } from '../../shared/stages/measured.ts'
import type { StageOptions } from '../../shared/stages/options.ts'
import { dividePool, foldPool, poolStage } from '../../shared/stages/pool.ts'
import { pipelineOptions } from '../../shared/stages/scan-extent.ts'
import { type DumpStagePorts, onDump } from '../aws/dump-stage.ts'
import { passOn } from '../aws/pass-on.ts'
import { readHeader } from '../aws/stage-results.ts'
import type { Made, StageContext, StageJob } from '../aws/stage-runner.ts'
import { areComplete, readPlan, readShards, shardsOfPool, tellShards, writePlan } from './shards.ts'

/** The stage's own work: at once, or divided and folded. */
export type PoolEngine = {
  readonly whole: typeof poolStage
  readonly divide: typeof dividePool
  readonly fold: typeof foldPool
}
const poolEngine: PoolEngine = { whole: poolStage, divide: dividePool, fold: foldPool }

/**
 * `!poolused`, and what leaked blocks contain. A dump's first analysis scans pages only as far as one worker does it at
 * once: a person is waiting, and the tables tell most of it. A scan that is larger follows in a further analysis, where
 * this stage is divided into shards, waits for them, and then makes its result of theirs.
 */
export const poolJob = (ports: DumpStagePorts, engine = poolEngine): StageJob => ({
  stage: 'pool',
  resultKey: (id) => resultKey(id, 'pool'),
  run: async (context) => {
    if (isFirst(context))
      return alone(ports, context, async (source, options) => engine.whole(source, await readHeader(context), options))
    const shards = await shardsOfPool(context)
    if (!areComplete(shards)) return divide(ports, engine, context)
    return shards.every(isSettledShard) ? fold(ports, engine, context, shards) : { divided: true }
  },
  passOn: async (context) => {
    const record = await context.store.stages.get({ ...context.id, stage: 'pool' })
    await (record?.status === 'waiting' ? tellShards(context, ports) : passOn('pool', context, ports.send))
  },
})

const isFirst = ({ analysis }: StageContext): boolean => (analysis.supersedes ?? null) === null

const optionsOf = (context: StageContext): StageOptions =>
  pipelineOptions({ isFirst: isFirst(context), fullScan: context.analysis.fullScan ?? context.dump.fullScan })

const alone = async (
  ports: DumpStagePorts,
  context: StageContext,
  make: (source: ByteSource, options: StageOptions) => Promise<object>,
): Promise<Made> => {
  const { result, cost } = await onDump(ports, context, (source) => make(source, optionsOf(context)))
  return { result: { ...result, cost }, cost }
}

const divide = async (ports: DumpStagePorts, engine: PoolEngine, context: StageContext): Promise<Made> => {
  const header = await readHeader(context)
  const { result: divided, cost } = await onDump(ports, context, (source) =>
    engine.divide(source, header, optionsOf(context)),
  )
  if ('result' in divided) return { result: { ...divided.result, cost }, cost }
  await writePlan(context, { ...divided.plan, cost })
  return { divided: true }
}

const fold = async (
  ports: DumpStagePorts,
  engine: PoolEngine,
  context: StageContext,
  shards: readonly ShardRecord[],
): Promise<Made> => {
  const [header, plan, { results, lost }] = await Promise.all([
    readHeader(context),
    readPlan(context),
    readShards(context, shards),
  ])
  const parts = results.map(({ census }) => census)
  const { result, cost: own } = await onDump(ports, context, (source) =>
    engine.fold(source, header, optionsOf(context), { brief: plan.brief, parts, lost }),
  )
  const cost = totalCost([plan.cost, ...results.map((shard) => shard.cost), own])
  return { result: { ...result, cost }, cost }
}
