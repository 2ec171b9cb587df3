import type { Cost } from '../../shared/analysis/analysis.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import type { IdKind } from '../../shared/cases/ids.ts'
import { type DumpId, resultKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import { measured } from '../../shared/stages/measured.ts'
import type { HeaderResult, ImportsResult, PoolResult } from '../../shared/stages/results.ts'
import { passOn } from './pass-on.ts'
import type { SendShard, SendStage } from './stage-queues.ts'
import type { StageContext, StageJob } from './stage-runner.ts'

export type DumpStagePorts = {
  /** The bytes of an uploaded dump. */
  readonly open: (id: DumpId, dump: DumpRecord) => ByteSource
  readonly send: SendStage
  readonly sendShard: SendShard
  readonly newId: (kind: IdKind) => string
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number
  /** Bytes the process has used at most. */
  readonly peakMemory: () => number
}

/** What each of these stages leaves behind. */
type StageResults = { header: HeaderResult; pool: PoolResult; imports: ImportsResult }

/** The job of a stage that reads the dump: its result, and what making it cost, under its own key. */
export const dumpStage = <S extends keyof StageResults>(
  stage: S,
  ports: DumpStagePorts,
  make: (source: ByteSource, context: StageContext) => Promise<Omit<StageResults[S], 'cost'>>,
): StageJob => ({
  stage,
  resultKey: (id) => resultKey(id, stage),
  run: async (context) => {
    const { result, cost } = await onDump(ports, context, (source) => make(source, context))
    return { result: { ...result, cost }, cost }
  },
  passOn: (context) => passOn(stage, context, ports.send),
})

/** Work on the dump's bytes, and what it cost. */
export const onDump = <Result>(
  { open, clock, peakMemory }: DumpStagePorts,
  { id, dump, signal }: StageContext,
  work: (source: ByteSource) => Promise<Result>,
): Promise<{ result: Result; cost: Cost }> => measured(stoppable(open(id, dump), signal), clock, work, peakMemory)

/** A source that reads no more once the signal is given: work whose time is over must not go on in a thawed process. */
export const stoppable = (source: ByteSource, signal: AbortSignal): ByteSource => ({
  size: source.size,
  read: (offset, length) => {
    signal.throwIfAborted()
    return source.read(offset, length)
  },
})
